//! `controller account` and `controller audit`: operators' accounts and what was done, beside a controller that may be running.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};
use trunklab_controller::operator::password_hash;
use trunklab_controller::store::{Account, AccountChange, AuditQuery, Found, Page, Store};
use trunklab_protocol::operator::{AuditEntry, ConsoleName, Deed, Role};

use crate::{ensure_database, say};

#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Makes an account with which an operator logs in.
    Add {
        #[command(flatten)]
        account: Named,
        /// As what: viewer, dispatcher, supervisor or administrator.
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        password: PasswordFrom,
    },
    /// Lists the accounts: name, role, and whether nobody is let in.
    List {
        /// The database, made by `controller provision`.
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
    },
    /// Gives an account another role, which counts from the next request on.
    SetRole {
        #[command(flatten)]
        account: Named,
        /// As what: viewer, dispatcher, supervisor or administrator.
        #[arg(long)]
        role: Role,
    },
    /// Gives an account another password and ends its sessions.
    Password {
        #[command(flatten)]
        account: Named,
        #[command(flatten)]
        password: PasswordFrom,
    },
    /// Lets nobody in with an account and ends its sessions.
    Disable(Named),
    /// Lets people in again.
    Enable(Named),
    /// Removes an account and ends its sessions.
    Remove(Named),
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Prints the audit trail, one JSON object to a line.
    Export {
        /// The database, made by `controller provision`.
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
        /// By this one alone.
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
        /// Behind the entry of this id.
        #[arg(long, value_name = "ID", default_value_t = 0)]
        after: u64,
    },
}

#[derive(Debug, Args)]
pub struct Named {
    /// Whose.
    name: String,
    /// The database, made by `controller provision`.
    #[arg(long, value_name = "FILE")]
    db: PathBuf,
}

#[derive(Debug, Args)]
pub struct PasswordFrom {
    /// File whose first line is the password; without it, it is asked for.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl PasswordFrom {
    fn read(&self) -> anyhow::Result<String> {
        let Some(file) = &self.password_file else {
            let password = rpassword::prompt_password("Password: ")
                .context("the password cannot be asked for here: give it with --password-file")?;
            let again = rpassword::prompt_password("Once more: ").context("the password was not repeated")?;
            ensure!(password == again, "the two passwords differ: begin again");
            return Ok(password);
        };
        let text = fs::read_to_string(file)
            .with_context(|| format!("the password cannot be read from {}", file.display()))?;
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }
}

pub fn account(command: AccountCommand) -> anyhow::Result<()> {
    match command {
        AccountCommand::Add { account, role, password } => add(&account, role, &password),
        AccountCommand::List { db } => list(&db),
        AccountCommand::SetRole { account, role } => {
            let deed = |account| Deed::AccountRole { account, as_role: role };
            change(&account, &AccountChange::Role(role), deed, &format!("is a {role} now"))
        }
        AccountCommand::Password { account, password } => {
            let hash = password_hash(&password.read()?)?;
            let deed = |account| Deed::AccountPassword { account };
            change(&account, &AccountChange::Password(hash), deed, "has another password now")
        }
        AccountCommand::Disable(account) => {
            let deed = |account| Deed::AccountDisabled { account };
            change(&account, &AccountChange::Disabled(true), deed, "is disabled")
        }
        AccountCommand::Enable(account) => {
            let deed = |account| Deed::AccountEnabled { account };
            change(&account, &AccountChange::Disabled(false), deed, "may log in again")
        }
        AccountCommand::Remove(account) => {
            let deed = |account| Deed::AccountRemoved { account };
            change(&account, &AccountChange::Remove, deed, "is removed")
        }
    }
}

fn add(account: &Named, role: Role, password: &PasswordFrom) -> anyhow::Result<()> {
    let name = named(&account.name)?;
    let mut store = open(&account.db)?;
    let password = password_hash(&password.read()?)?;
    let written = entry(Deed::AccountAdded { account: name.clone(), as_role: role })?;
    let account = Account { name: name.clone(), role, is_disabled: false, password };
    let added = store.add_account(&account, &written)?;
    ensure!(added, "{name} has an account already: change it with `set-role` or `password`");
    say(&format!("{name} may log in as a {role}"))
}

fn list(db: &Path) -> anyhow::Result<()> {
    let accounts = open(db)?.accounts()?;
    for Account { name, role, is_disabled, .. } in accounts {
        let disabled = if is_disabled { " disabled" } else { "" };
        say(format!("{name:<40} {role:<13}{disabled}").trim_end())?;
    }
    Ok(())
}

fn change(
    account: &Named,
    change: &AccountChange,
    deed: impl FnOnce(ConsoleName) -> Deed,
    now: &str,
) -> anyhow::Result<()> {
    let name = named(&account.name)?;
    let mut store = open(&account.db)?;
    if !store.change_account(&name, change, &entry(deed(name.clone()))?)? {
        bail!("{name} has no account: `controller account list` shows who has one");
    }
    say(&format!("{name} {now}"))
}

fn named(name: &str) -> anyhow::Result<ConsoleName> {
    let fits = name.chars().count() <= ConsoleName::CHARS_MAX && !name.trim().is_empty();
    ensure!(
        fits && !name.chars().any(char::is_control),
        "a name has 1 to {} characters",
        ConsoleName::CHARS_MAX
    );
    Ok(ConsoleName::new(name))
}

fn open(db: &Path) -> anyhow::Result<Store> {
    ensure_database(db)?;
    Ok(Store::open_beside(db)?)
}

/// Whoever can write to the database is the machine's administrator, by the name of the login there.
fn entry(deed: Deed) -> anyhow::Result<AuditEntry> {
    let who = std::env::var("USER").unwrap_or_else(|_| "command line".to_owned());
    let at_us = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    let at_us = u64::try_from(at_us).context("the clock is beyond the year 500,000")?;
    let (who, role) = (ConsoleName::new(&who), Some(Role::Administrator));
    Ok(AuditEntry { id: 0, at_us, who, role, from: None, deed, cause: None })
}

pub fn audit(AuditCommand::Export { db, by, after }: AuditCommand) -> anyhow::Result<()> {
    let mut store = open(&db)?;
    let by = by.as_deref().map(ConsoleName::new);
    let mut query = AuditQuery { page: Page { after, ..Page::default() }, by };
    loop {
        let Found { entries, next } = store.audit(&query)?;
        for entry in &entries {
            say(&serde_json::to_string(entry)?)?;
        }
        let Some(next) = next else { return Ok(()) };
        query.page.after = next;
    }
}
