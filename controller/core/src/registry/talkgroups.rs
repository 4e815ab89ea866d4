//! One talkgroup as the controller sees it: where its members are and which call it has.

use smallvec::SmallVec;
use trunklab_protocol::{CallId, Moment, SiteId};

use crate::config::Talkgroup;

/// A talkgroup.
#[derive(Debug, Clone)]
pub struct TalkgroupState {
    /// As provisioned.
    pub config: Talkgroup,
    /// Its running call.
    pub call: Option<CallId>,
    /// When somebody stopped talking in it last.
    pub talked: Option<Moment>,
    /// Requests for it in the queue.
    pub waiting: u32,
    presence: SmallVec<[(SiteId, u32); 4]>,
}

impl TalkgroupState {
    /// A talkgroup without members.
    pub fn new(config: Talkgroup) -> Self {
        Self { config, call: None, talked: None, waiting: 0, presence: SmallVec::new() }
    }

    /// Sites where affiliated units are present, in order, with how many.
    pub fn presence(&self) -> &[(SiteId, u32)] {
        &self.presence
    }

    /// Affiliated units that are present anywhere.
    pub fn affiliated(&self) -> u32 {
        self.presence.iter().map(|(_, count)| count).sum()
    }

    /// Whether somebody is present at a site.
    pub fn is_present_at(&self, site: SiteId) -> bool {
        self.place(site).is_ok()
    }

    /// One more unit at a site; `true` where it is the first.
    pub fn enter(&mut self, site: SiteId) -> bool {
        match self.place(site) {
            Ok(index) => {
                self.presence[index].1 += 1;
                false
            }
            Err(index) => {
                self.presence.insert(index, (site, 1));
                true
            }
        }
    }

    /// One unit fewer at a site; `true` where it was the last.
    ///
    /// # Panics
    /// Where nobody was there: who leaves has entered.
    pub fn leave(&mut self, site: SiteId) -> bool {
        let index = self.place(site).expect("who leaves a site has entered it");
        self.presence[index].1 -= 1;
        if self.presence[index].1 == 0 {
            self.presence.remove(index);
            return true;
        }
        false
    }

    /// Forgets who is where.
    pub fn clear(&mut self) {
        self.presence.clear();
        self.call = None;
        self.talked = None;
        self.waiting = 0;
    }

    fn place(&self, site: SiteId) -> Result<usize, usize> {
        self.presence.binary_search_by_key(&site, |(at, _)| *at)
    }
}
