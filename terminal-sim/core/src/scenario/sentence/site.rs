//! What happens to sites, links and the controller, and what is seen of it.

use trunklab_protocol::{SlotHealth, Span};

use super::{Action, Fact, Meaning, Sentence, Sort, one, see};

/// How long a base station or controller that is restarted stays away.
const RESTART: Span = Span::from_secs(1);

#[rustfmt::skip]
sentences! {
    /// How many slots of a site are free.
    pub(super) FILLED:
    Do "site {site} fills up to {number} free slots", "Units made for it begin calls of their own until only so many traffic slots are free, and keep them.",
        |v| Meaning::Fill { site: v.site(), free: v.number() };
    Do "site {site} empties", "The units that filled the site release their buttons.",
        |v| Meaning::Empty { site: v.site() };
}

#[rustfmt::skip]
sentences! {
    /// What becomes of links, base stations and the controller.
    pub(super) DONE:
    Do "link of site {site} is cut", "Base station and controller no longer hear each other.",
        |v| one(Action::CutLink(v.site()));
    Do "link of site {site} is restored", "They can connect again.",
        |v| one(Action::MendLink(v.site()));
    Do "carrier {carrier} of site {site} fails", "It radiates nothing and hears nothing any more.",
        |v| one(Action::CarrierFails(v.site(), v.carrier()));
    Do "carrier {carrier} of site {site} is mended", "It works again.",
        |v| one(Action::CarrierMends(v.site(), v.carrier()));
    Do "site {site} is killed", "The base station stops at once, without a word.",
        |v| one(Action::KillStation(v.site()));
    Do "site {site} is started", "The base station starts, with nothing but what it keeps on its disk.",
        |v| one(Action::StartStation(v.site()));
    Do "site {site} is restarted", "Killed, and started one second later.",
        |v| Meaning::Do(vec![(Span::ZERO, Action::KillStation(v.site())), (RESTART, Action::StartStation(v.site()))]);
    Do "site {site} tells its load", "What the site's last heartbeat said of each of its control channels stands in the transcript.",
        |v| one(Action::TellLoad(v.site()));
    Do "controller tells its records", "What calls that are over have used, and what was asked for in vain, since this was last told.",
        |_| one(Action::TellRecords);
    Do "disk of the controller is full", "What has to last is not kept: orders are refused, records of calls wait for room.",
        |_| one(Action::SetDisk { full: true });
    Do "disk of the controller has room", "What waited is kept, and orders are taken again.",
        |_| one(Action::SetDisk { full: false });
    Do "controller is killed", "The controller stops at once.",
        |_| one(Action::KillController);
    Do "controller is shut down", "The controller stops in order: calls are released, links closed.",
        |_| one(Action::StopController);
    Do "controller is started", "The controller starts in its next term of office.",
        |_| one(Action::StartController);
    Do "controller is started with a new database", "It starts with everything provisioned, and counts its terms of office from 1 again.",
        |_| one(Action::StartControllerAnew);
    Do "controller is restarted", "Killed, and started one second later.",
        |_| Meaning::Do(vec![(Span::ZERO, Action::KillController), (RESTART, Action::StartController)]);
}

#[rustfmt::skip]
sentences! {
    /// What is seen of sites.
    pub(super) SEEN:
    See "site {site} is in service", "The controller holds its link and its inventory.",
        |v| Meaning::See(vec![Fact::SiteUp { site: v.site() }]);
    See "site {site} is lost", "The controller has lost it.",
        |v| Meaning::See(vec![Fact::SiteLost { site: v.site() }]);
    See "carrier {carrier} of site {site} is faulty", "The controller is told that self-tests have found a slot of it faulty.",
        |v| Meaning::See(vec![Fact::CarrierHealth { site: v.site(), carrier: v.carrier(), health: SlotHealth::Faulty }]);
    See "carrier {carrier} of site {site} is sound", "It is told that a slot of it is sound again.",
        |v| Meaning::See(vec![Fact::CarrierHealth { site: v.site(), carrier: v.carrier(), health: SlotHealth::Sound }]);
    See "control channel of site {site} moves", "The controller moves it to another slot.",
        |v| Meaning::See(vec![Fact::ControlMoved { site: v.site() }]);
    See "unit {units} finds the control channel of site {site}", "It has searched for it, and its registration holds.",
        |v| { let site = v.site(); see(v, |unit| Fact::FindsControl { unit, site }) };
    See "site {site} is in failsoft", "Its link stands, and it tells the controller that its control channel is lost.",
        |v| Meaning::See(vec![Fact::SiteInFailsoft { site: v.site() }]);
    See "site {site} was in failsoft", "Back at its controller, it tells of that.",
        |v| Meaning::See(vec![Fact::WasInFailsoft { site: v.site() }]);
    See "unit {units} shows failsoft at site {site}", "It is on the channel there that is programmed for its talkgroup.",
        |v| { let site = v.site(); see(v, |unit| Fact::InFailsoft { unit, site }) };
    See "unit {units} hears the failsoft tone", "The tone that reminds of failsoft.",
        |v| see(v, |unit| Fact::HearsTone { unit });
    See "unit {units} leaves failsoft at site {site}", "It goes back to the control channel, or to look for another site.",
        |v| { let site = v.site(); see(v, |unit| Fact::LeavesFailsoft { unit, site }) };
    See "site {site} carries a call of talkgroup {talkgroup}", "The controller places the talkgroup's call there.",
        |v| Meaning::See(vec![Fact::Carries { site: v.site(), talkgroup: v.talkgroup() }]);
    See "site {site} leaves the call of talkgroup {talkgroup}", "The controller gives the call's slot there back.",
        |v| Meaning::See(vec![Fact::LeftBySite { site: v.site(), talkgroup: v.talkgroup() }]);
}
