//! What a person sees: the programs on a terminal of 80 columns and 24 lines that tmux plays, and how they leave it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use trunklab::lab::live::Live;
use trunklab::lab::scenario;
use trunklab_console::{Color, ConsoleOptions, Pass};
use trunklab_controller::operator::password_hash;
use trunklab_controller::run::{ControllerOptions, RunningController};
use trunklab_controller::store::{Account, AuditQuery, Store, StorePlace};
use trunklab_controller::zone::{Zone, ZoneDirectory};
use trunklab_protocol::Cause;
use trunklab_protocol::operator::{AuditEntry, ConsoleName, Deed, Role};
use trunklab_protocol::proof::UnitKey;
use trunklab_tests::network::tells;
use trunklab_tests::process::{PATIENCE, Process};
use trunklab_tests::{program, tree};

/// A terminal with a program on it. Dropping it ends both.
struct Terminal {
    socket: String,
}

impl Terminal {
    /// Opens a terminal on which a line of shell runs. After the program stands its exit code, and how it left the
    /// terminal.
    fn open(line: &str) -> Self {
        static OPENED: AtomicU32 = AtomicU32::new(0);
        let number = OPENED.fetch_add(1, Ordering::Relaxed);
        let terminal = Self { socket: format!("trunklab-test-{}-{number}", std::process::id()) };
        let line = format!("{line}; echo \"ended with $?\"; stty -a; exec sleep 600");
        terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", &line]);
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let mut tmux = Command::new("tmux");
        tmux.args(["-u", "-L", &self.socket]).args(arguments).current_dir(tree::root());
        tmux.env_remove("TMUX").env_remove("NO_COLOR").env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        let output = tmux.output().expect("tmux runs");
        let (out, err) = (program::text(&output.stdout), program::text(&output.stderr));
        assert!(output.status.success(), "tmux {arguments:?}: {err}");
        out.to_owned()
    }

    fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// The screen as soon as all words stand on it at once.
    fn expect(&self, words: &[&str]) -> String {
        let given_up = Instant::now() + PATIENCE;
        loop {
            let screen = self.tmux(&["capture-pane", "-p"]);
            if words.iter().all(|word| screen.contains(word)) {
                return screen;
            }
            assert!(Instant::now() < given_up, "{words:?} never stand on the screen:\n{screen}");
            sleep(Duration::from_millis(50));
        }
    }

    /// The codes of colour on the screen, however they are told: `31`, `38;5;9`.
    fn colours(&self) -> Vec<String> {
        let screen = self.tmux(&["capture-pane", "-p", "-e"]);
        let sequences = screen.split("\u{1b}[").skip(1);
        let codes = sequences.filter_map(|rest| rest.split_once('m').map(|(codes, _)| codes));
        let is_colour =
            |code: &&str| code.parse().is_ok_and(|code: u8| matches!(code, 30..=38 | 40..=48 | 90..=107));
        codes.flat_map(|codes| codes.split(';')).filter(is_colour).map(str::to_owned).collect()
    }

    /// The program ended with this code, and left the terminal as it found it; what stands there then.
    fn is_given_back(&self, code: u8) -> String {
        let screen = self.expect(&[&format!("ended with {code}"), "icanon"]);
        assert_eq!(self.tmux(&["display", "-p", "#{alternate_on} #{cursor_flag}"]).trim(), "0 1", "{screen}");
        for mode in ["icanon", "echo", "isig"] {
            assert!(screen.split_whitespace().any(|word| word == mode), "no {mode}: {screen}");
        }
        screen
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A server whose last pane has ended is gone already.
        let mut end = Command::new("tmux");
        end.args(["-L", &self.socket, "kill-server"]).stderr(Stdio::null()).status().ok();
    }
}

/// The program's path, for a line of shell.
fn path(name: &str) -> String {
    program::path(name).unwrap().display().to_string()
}

/// A line of shell that runs another and leaves its process id in a file.
fn noting(line: &str, file: &Path) -> String {
    format!("sh -c 'echo $$ > {}; exec {line}'", file.display())
}

fn terminate(file: &Path) {
    let number = std::fs::read_to_string(file).unwrap();
    assert!(Command::new("kill").args(["-TERM", number.trim()]).status().unwrap().success());
}

#[test]
fn the_console_opens_on_the_demo_shows_its_keys_and_gives_the_terminal_back() {
    let terminal = Terminal::open(&format!("{} demo", path("trunklab")));
    terminal.expect(&["Sites", "Calls", "registered at site"]);
    assert!(!terminal.colours().is_empty(), "a terminal has colours");
    terminal.keys(&["?"]);
    terminal.expect(&["Keys", "leave the console", "control channel"]);
    terminal.keys(&["?"]);
    terminal.keys(&["2"]);
    terminal.expect(&["Sites", "back"]);
    terminal.keys(&["q"]);
    let left = terminal.is_given_back(0);
    assert!(left.contains("octets"), "the summary stands on the terminal: {left}");
}

#[test]
fn the_console_paints_nothing_where_no_colour_is_wanted() {
    let terminal = Terminal::open(&format!("NO_COLOR=1 {} demo", path("trunklab")));
    terminal.expect(&["Sites", "Calls", "registered at site"]);
    assert_eq!(terminal.colours(), Vec::<String>::new());
    terminal.keys(&["C-c"]);
    terminal.is_given_back(0);
}

#[test]
fn a_demo_that_is_told_to_end_gives_the_terminal_back() {
    let folder = tempfile::tempdir().unwrap();
    let number = folder.path().join("pid");
    let terminal = Terminal::open(&noting(&format!("{} demo", path("trunklab")), &number));
    terminal.expect(&["Sites", "Calls"]);
    terminate(&number);
    terminal.is_given_back(0);
}

#[test]
fn a_scenario_that_is_interrupted_is_judged_so_far() {
    let scenario = "terminal-sim/scenarios/group-call.toml";
    let terminal = Terminal::open(&format!("{} run {scenario}", path("trunklab")));
    terminal.expect(&["registered"]);
    terminal.keys(&["C-c"]);
    let left = terminal.is_given_back(130);
    assert!(left.contains("Ctrl-C ended the run at"), "{left}");
}

/// Set where this test runs itself on a terminal, to the file whose appearance is the signal to panic.
const PANIC_WHEN: &str = "TRUNKLAB_TEST_PANIC_WHEN";

#[test]
fn a_panic_gives_the_terminal_back_before_it_is_told() {
    if let Some(file) = std::env::var_os(PANIC_WHEN) {
        let options = ConsoleOptions {
            address: ([127, 0, 0, 1], 9).into(),
            pass: Pass::Token("nobody asks".to_owned()),
            ca_pem: Zone::ephemeral().unwrap().ca_pem().to_owned(),
            color: Color::Auto,
        };
        let panics = async {
            while !Path::new(&file).exists() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            panic!("on purpose");
        };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        return runtime.block_on(async {
            tokio::select! {
                left = trunklab_console::run(options) => left.unwrap(),
                () = panics => {}
            }
        });
    }
    let folder = tempfile::tempdir().unwrap();
    let signal = folder.path().join("now");
    let this = std::env::current_exe().unwrap();
    let terminal = Terminal::open(&format!(
        "RUST_BACKTRACE=0 {PANIC_WHEN}={} {} --exact screens::a_panic_gives_the_terminal_back_before_it_is_told --nocapture",
        signal.display(),
        this.display()
    ));
    terminal.expect(&["Not connected", "q quit"]);
    std::fs::write(&signal, "").unwrap();
    let left = terminal.is_given_back(101);
    assert!(left.contains("on purpose"), "the message can be read: {left}");
}

/// A controller on disk, with an account of each role, by the role's name.
async fn controller_with_accounts(folder: &Path, password: &str) -> RunningController {
    let (db, zone) = (folder.join("zone.db"), folder.join("zone"));
    ZoneDirectory::init(&zone, &[]).unwrap();
    let mut store = Store::open(&StorePlace::File(db.clone())).unwrap();
    let hash = password_hash(password).unwrap();
    for role in Role::ALL {
        let (name, who) = (ConsoleName::new(role.name()), ConsoleName::new("test"));
        let deed = Deed::AccountAdded { account: name.clone(), as_role: role };
        let entry = AuditEntry { id: 0, at_us: 1, who, role: None, from: None, deed, cause: None };
        let account = Account { name, role, is_disabled: false, password: hash.clone() };
        assert!(store.add_account(&account, &entry).unwrap());
    }
    drop(store);
    RunningController::start(ControllerOptions::on_disk(&db, &zone).unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_asks_for_the_password_shows_the_role_and_logs_out() {
    let folder = tempfile::tempdir().unwrap();
    let controller = controller_with_accounts(folder.path(), "correct horse").await;
    let (operator, ca) = (controller.addresses().operator, folder.path().join("zone/ca.pem"));
    let line = format!("{} --controller {operator} --login viewer --ca {}", path("console"), ca.display());
    let terminal = Terminal::open(&line);
    terminal.expect(&["Password of viewer"]);
    terminal.keys(&["correct horse", "Enter"]);
    terminal.expect(&["viewer (viewer)", "live"]);
    terminal.keys(&["a"]);
    terminal.keys(&["e"]);
    terminal.expect(&["not for a viewer: acknowledge the chosen emergency"]);
    terminal.keys(&["q"]);
    terminal.is_given_back(0);
    let wrong = Terminal::open(&format!("TRUNKLAB_PASSWORD=guess {line}"));
    wrong.expect(&["console: the controller lets nobody in", "ended with 1"]);
    controller.stop().await.unwrap();
    let mut store = Store::open(&StorePlace::File(folder.path().join("zone.db"))).unwrap();
    let by = Some(ConsoleName::new("viewer"));
    let entries = store.audit(&AuditQuery { by, ..AuditQuery::default() }).unwrap().entries;
    let deeds: Vec<_> = entries.iter().map(|entry| (&entry.deed, entry.cause)).collect();
    let refused = Some(Cause::LoginRefused);
    assert_eq!(deeds, [(&Deed::Login {}, None), (&Deed::Logout {}, None), (&Deed::Login {}, refused)]);
}

/// A network in this process, with rosters for units 1017 and 1018 in a folder.
async fn network(folder: &Path) -> Live {
    let file = tree::root().join("terminal-sim/scenarios/group-call.toml");
    let mut plan = scenario::plan(scenario::read(&file, None).unwrap().provision());
    for subscriber in &mut plan.subscribers {
        subscriber.key = UnitKey::new([7; 16]);
    }
    for radio in &plan.radios {
        let row = format!(
            "unit,key,talkgroup,east_m,north_m\n{},{},{},{},{}\n",
            radio.unit,
            "07".repeat(16),
            radio.talkgroup,
            radio.position.east_m,
            radio.position.north_m
        );
        std::fs::write(folder.join(format!("{}.csv", radio.unit)), row).unwrap();
    }
    Live::start(plan, 1).await.unwrap()
}

/// The arguments of a handset program in that network.
fn handset(live: &Live, folder: &Path, unit: u32) -> Vec<String> {
    let mut arguments = vec!["handset".to_owned()];
    for port in live.air_ports() {
        arguments.extend(["--air".to_owned(), port.to_string()]);
    }
    arguments.extend(["--roster".to_owned(), folder.join(format!("{unit}.csv")).display().to_string()]);
    arguments
}

/// How many radios the controller knows to be at a site.
async fn present(live: &Live) -> u32 {
    live.snapshot().await.unwrap().sites.iter().map(|site| site.radios).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handset_is_used_with_the_space_bar_and_switched_off_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let live = network(folder.path()).await;
    let mine = handset(&live, folder.path(), 1017).join(" ");
    let terminal = Terminal::open(&format!("{} {mine}", path("trunklab")));
    let others = handset(&live, folder.path(), 1018);
    let others: Vec<&str> = others.iter().map(String::as_str).chain(["--on", "--json"]).collect();
    let mut other = Process::start("trunklab", &others).unwrap();
    other.expect_line("that it is registered", |line| tells(line, "registered")).unwrap();
    terminal.expect(&["unit 1017", "talkgroup 41", "site 3", "IDLE", "registered", "q quit"]);
    assert_eq!(present(&live).await, 2);

    terminal.keys(&["Space"]);
    terminal.expect(&["TALKING", "channel 1", "you talk", "talk permit"]);
    other.expect_line("the talker", |line| tells(line, "hears")).unwrap();
    terminal.keys(&["Space"]);
    terminal.expect(&["IDLE", "left call"]);
    other.tell("1018 press").unwrap();
    terminal.expect(&["LISTENING", "unit 1018 talks"]);
    other.tell("1018 release").unwrap();

    terminal.keys(&["q"]);
    terminal.is_given_back(0);
    assert_eq!(present(&live).await, 1, "the network knows that 1017 is off");
    assert_eq!(other.terminate().unwrap().code(), Some(0));
    assert_eq!(present(&live).await, 0, "and that 1018 is");
    live.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handset_that_is_interrupted_or_told_to_end_is_switched_off_too() {
    let folder = tempfile::tempdir().unwrap();
    let live = network(folder.path()).await;
    let number = folder.path().join("pid");
    for interrupts in [true, false] {
        let mine = handset(&live, folder.path(), 1017).join(" ");
        let terminal = Terminal::open(&noting(&format!("{} {mine}", path("trunklab")), &number));
        terminal.expect(&["IDLE", "registered"]);
        assert_eq!(present(&live).await, 1);
        if interrupts {
            terminal.keys(&["C-c"]);
        } else {
            terminate(&number);
        }
        terminal.is_given_back(0);
        assert_eq!(present(&live).await, 0);
    }
    live.stop().await.unwrap();
}
