//! The clock on the wall as processes see it, which a test sets: a library that stands between a program and the system.
//!
//! It is a page of C that the system's compiler makes, for what it does is not said in Rust without `unsafe`: every program of this
//! workspace needs that compiler anyway.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process::Surroundings;

/// Answers as the system does, but for the wall's time: that is as many seconds away as the file says.
const LIBRARY: &str = r#"
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile long long *away_s;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("WALL_AWAY");
    int file = path ? open(path, O_RDONLY) : -1;
    void *at = file < 0 ? MAP_FAILED : mmap(0, sizeof *away_s, PROT_READ, MAP_SHARED, file, 0);
    away_s = at == MAP_FAILED ? 0 : at;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int outcome = syscall(SYS_clock_gettime, clock, now);
    if (outcome == 0 && clock == CLOCK_REALTIME && away_s)
        now->tv_sec += *away_s;
    return outcome;
}
"#;

/// A clock on the wall.
#[derive(Debug)]
pub struct Wall {
    file: File,
    /// In what programs see it.
    pub around: Surroundings,
}

impl Wall {
    /// A clock that is right so far, with its files in a folder.
    ///
    /// # Errors
    /// When the library cannot be made.
    pub fn in_folder(folder: &Path) -> Result<Self> {
        let (source, library, away) =
            (folder.join("wall.c"), folder.join("wall.so"), folder.join("wall.away"));
        fs::write(&source, LIBRARY)?;
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source);
        let made = compiler.output().context("cannot start the compiler `cc`")?;
        ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&away)?;
        let text = |path: &Path| path.display().to_string();
        let environment =
            vec![("LD_PRELOAD".to_owned(), text(&library)), ("WALL_AWAY".to_owned(), text(&away))];
        let wall = Self { file, around: Surroundings { environment, ..Surroundings::default() } };
        wall.set(0)?;
        Ok(wall)
    }

    /// Sets it so many seconds before or behind the right time.
    ///
    /// # Errors
    /// When its file cannot be written.
    pub fn set(&self, away_s: i64) -> Result<()> {
        Ok(self.file.write_all_at(&away_s.to_ne_bytes(), 0)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `date` shows.
    fn shown(wall: &Wall) -> i64 {
        let mut date = Command::new("date");
        date.arg("+%s").envs(wall.around.environment.iter().map(|(name, value)| (name, value)));
        String::from_utf8(date.output().unwrap().stdout).unwrap().trim().parse().unwrap()
    }

    #[test]
    fn a_program_sees_the_time_that_was_set_and_the_test_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let wall = Wall::in_folder(folder.path()).unwrap();
        let right = shown(&wall);
        wall.set(-7_200).unwrap();
        let earlier = shown(&wall);
        wall.set(7_200).unwrap();
        let later = shown(&wall);
        assert!(earlier <= right - 3_600 && later >= right + 3_600, "{earlier} {right} {later}");
    }
}
