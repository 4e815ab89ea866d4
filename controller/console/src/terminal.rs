//! The terminal, taken and given back: on return, on an error, when the future is dropped, and on a panic.

use std::io;

use ratatui::DefaultTerminal;

/// The terminal while the console has it.
pub(crate) struct Taken {
    pub(crate) terminal: DefaultTerminal,
}

impl Taken {
    /// Takes the terminal; a panic gives it back before its message is printed.
    pub(crate) fn take() -> io::Result<Self> {
        Ok(Self { terminal: ratatui::try_init()? })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        // Nobody is left to hear of an error, and a terminal that is gone needs no restoring.
        ratatui::try_restore().ok();
    }
}
