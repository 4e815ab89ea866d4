//! The tables, by version. A version's statements never change once it was released; a new version adds its own.

use super::{Store, StoreError};

/// Marks the file as ours: "trnk".
pub(super) const APPLICATION: i64 = 0x7472_6E6B;

/// What each version adds to the one before; the last is the newest known.
pub(super) const VERSIONS: &[&str] = &[
    "
    CREATE TABLE meta (epoch INTEGER NOT NULL) STRICT;
    CREATE TABLE terms (epoch INTEGER PRIMARY KEY, wall_at_origin_us INTEGER NOT NULL) STRICT;
    CREATE TABLE system (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
    CREATE TABLE sites (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
    CREATE TABLE talkgroups (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
    CREATE TABLE subscribers (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
    CREATE TABLE call_records (
        node INTEGER NOT NULL, term INTEGER NOT NULL, counter INTEGER NOT NULL, epoch INTEGER NOT NULL,
        talkgroup INTEGER, granted_us INTEGER NOT NULL, released_us INTEGER, cause INTEGER,
        body TEXT NOT NULL,
        PRIMARY KEY (node, term, counter, epoch)
    ) STRICT;
    CREATE INDEX open_call_records ON call_records (epoch) WHERE cause IS NULL;
    CREATE TABLE operator_tokens (hash BLOB PRIMARY KEY, name TEXT NOT NULL) STRICT;
    CREATE TABLE set_aside (
        epoch INTEGER NOT NULL, entry INTEGER NOT NULL, at_us INTEGER NOT NULL, what TEXT NOT NULL,
        PRIMARY KEY (epoch, entry)
    ) STRICT;
",
    "
    CREATE TABLE areas (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
",
    "
    CREATE TABLE patches (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
",
    "
    CREATE TABLE audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at_us INTEGER NOT NULL, who TEXT NOT NULL, role TEXT, origin TEXT,
        deed TEXT NOT NULL, cause INTEGER
    ) STRICT;
    CREATE INDEX audit_by_time ON audit (at_us);
    CREATE INDEX audit_by_whom ON audit (who);
    ALTER TABLE operator_tokens ADD COLUMN role TEXT NOT NULL DEFAULT 'dispatcher';
",
    "
    ALTER TABLE subscribers RENAME TO subscribers_as_text;
    CREATE TABLE subscribers (
        unit INTEGER PRIMARY KEY,
        imei INTEGER UNIQUE, imsi INTEGER UNIQUE, msisdn INTEGER UNIQUE, fleet INTEGER, member INTEGER,
        key BLOB NOT NULL CHECK (length(key) = 16),
        talkgroups BLOB NOT NULL, sites BLOB, home_site INTEGER,
        priority INTEGER NOT NULL, services INTEGER NOT NULL, floor_demand INTEGER NOT NULL,
        emergency_talkgroup INTEGER, duplex INTEGER NOT NULL,
        UNIQUE (fleet, member)
    ) STRICT;
    INSERT INTO subscribers SELECT
        id, body->>'$.subscriber.imei', body->>'$.subscriber.imsi', body->>'$.subscriber.msisdn',
        body->>'$.subscriber.fleet_member.fleet', body->>'$.subscriber.fleet_member.member',
        (SELECT unhex(group_concat(printf('%02x', value), '')) FROM json_each(body, '$.subscriber.key')),
        coalesce((SELECT unhex(group_concat(printf('%04x', value), ''))
            FROM json_each(body, '$.subscriber.talkgroups')), x''),
        CASE json_type(body, '$.subscriber.sites') WHEN 'array' THEN
            coalesce((SELECT unhex(group_concat(printf('%04x', value), ''))
                FROM json_each(body, '$.subscriber.sites')), x'') END,
        NULL, 10, 31,
        CASE body->>'$.subscriber.floor_demand'
            WHEN 'high' THEN 1 WHEN 'preemptive' THEN 2 WHEN 'emergency' THEN 3 ELSE 0 END,
        body->>'$.subscriber.emergency_talkgroup', coalesce(body->>'$.subscriber.duplex', 0)
    FROM subscribers_as_text;
    DROP TABLE subscribers_as_text;
",
    "
    CREATE TABLE accounts (
        name TEXT PRIMARY KEY, role TEXT NOT NULL, disabled INTEGER NOT NULL, password TEXT NOT NULL
    ) STRICT;
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts (name), refresh BLOB NOT NULL,
        begun_us INTEGER NOT NULL, expires_us INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX sessions_of_account ON sessions (account, begun_us);
    CREATE TABLE signing_key (id INTEGER PRIMARY KEY CHECK (id = 1), key BLOB NOT NULL) STRICT;
",
    "
    ALTER TABLE terms ADD COLUMN alive_us INTEGER;
    DROP INDEX open_call_records;
    ALTER TABLE call_records RENAME TO call_records_without_places;
    CREATE TABLE call_records (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        node INTEGER NOT NULL, term INTEGER NOT NULL, counter INTEGER NOT NULL, epoch INTEGER NOT NULL,
        talkgroup INTEGER, granted_us INTEGER NOT NULL, released_us INTEGER, cause INTEGER, ended_us INTEGER,
        body TEXT NOT NULL,
        UNIQUE (node, term, counter, epoch)
    ) STRICT;
    INSERT INTO call_records
        (node, term, counter, epoch, talkgroup, granted_us, released_us, cause, ended_us, body)
        SELECT node, term, counter, epoch, talkgroup, granted_us, released_us, cause,
            released_us + coalesce(wall_at_origin_us, 0), body
        FROM call_records_without_places LEFT JOIN terms USING (epoch) ORDER BY epoch, released_us;
    DROP TABLE call_records_without_places;
    CREATE INDEX open_call_records ON call_records (epoch) WHERE cause IS NULL;
    CREATE INDEX call_records_by_time ON call_records (ended_us);
    CREATE TABLE call_steps (
        id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, node INTEGER NOT NULL, term INTEGER NOT NULL,
        counter INTEGER NOT NULL, at_us INTEGER NOT NULL, step TEXT NOT NULL
    ) STRICT;
    CREATE INDEX steps_of_call ON call_steps (epoch, node, term, counter);
    CREATE TABLE attempts (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at_us INTEGER NOT NULL, unit INTEGER NOT NULL, site INTEGER,
        talkgroup INTEGER, called INTEGER, cause INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX attempts_by_time ON attempts (at_us);
",
    "
    CREATE TABLE configurations (
        version INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, who TEXT NOT NULL, role TEXT, origin TEXT,
        body TEXT NOT NULL, differences TEXT NOT NULL, differences_count INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE statistics (
        site INTEGER NOT NULL, from_s INTEGER NOT NULL, length_s INTEGER NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (from_s, length_s, site)
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE remote (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
",
    "
    CREATE TABLE message_records (
        epoch INTEGER NOT NULL, counter INTEGER NOT NULL, requested_us INTEGER NOT NULL, over INTEGER NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (epoch, counter)
    ) STRICT;
    CREATE INDEX open_message_records ON message_records (epoch) WHERE over = 0;
",
    "
    DROP INDEX open_message_records;
    ALTER TABLE message_records RENAME TO message_records_without_places;
    CREATE TABLE message_records (
        id INTEGER PRIMARY KEY AUTOINCREMENT, epoch INTEGER NOT NULL, counter INTEGER NOT NULL,
        requested_us INTEGER NOT NULL, over INTEGER NOT NULL, ended_us INTEGER, body TEXT NOT NULL,
        UNIQUE (epoch, counter)
    ) STRICT;
    INSERT INTO message_records (epoch, counter, requested_us, over, ended_us, body)
        SELECT epoch, counter, requested_us, over, CASE WHEN over THEN coalesce(wall_at_origin_us, 0)
            + coalesce(json_extract(body, '$.ended[0]'), json_extract(body, '$.outcome[0]')) END, body
        FROM message_records_without_places LEFT JOIN terms USING (epoch)
        ORDER BY epoch, coalesce(json_extract(body, '$.ended[0]'), json_extract(body, '$.outcome[0]'));
    DROP TABLE message_records_without_places;
    CREATE INDEX open_message_records ON message_records (epoch) WHERE over = 0;
    CREATE INDEX message_records_by_time ON message_records (ended_us);
",
    "
    CREATE TABLE alarms (
        id INTEGER PRIMARY KEY AUTOINCREMENT, epoch INTEGER NOT NULL, counter INTEGER NOT NULL,
        raised_us INTEGER NOT NULL, cleared_us INTEGER, acknowledged_us INTEGER, body TEXT NOT NULL,
        UNIQUE (epoch, counter)
    ) STRICT;
    CREATE INDEX alarms_by_time ON alarms (raised_us);
    CREATE INDEX raised_alarms ON alarms (id) WHERE cleared_us IS NULL;
",
];

/// The newest version that this controller knows.
pub(super) const NEWEST: i64 = VERSIONS.len() as i64;

/// Checks whose the file is and how old, and adds what it lacks, all or nothing.
pub(super) fn bring_up_to_date(store: &mut Store) -> Result<(), StoreError> {
    let path = store.path.clone();
    let (application, found, tables): (i64, i64, i64) = store.try_sql(|connection| {
        let pragma = |name| connection.pragma_query_value(None, name, |row| row.get(0));
        let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok((pragma("application_id")?, pragma("user_version")?, tables))
    })?;
    let is_new = application == 0 && found == 0 && tables == 0;
    if !is_new && application != APPLICATION {
        return Err(StoreError::Foreign(path));
    }
    if found > NEWEST {
        return Err(StoreError::Newer { path, found, known: NEWEST });
    }
    store.try_sql(|connection| {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        let transaction = connection.transaction()?;
        for (version, statements) in (1_i64..).zip(VERSIONS) {
            if version > found {
                transaction.execute_batch(statements)?;
            }
        }
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", NEWEST)?;
        transaction.commit()
    })
}
