//! A network in real time: the shells of controller, base stations and handsets in one process, joined by real sockets
//! on the loopback. What it observes has the same form as in the virtual world.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};
pub use trunklab_basestation::InterfaceOctets as Octets;
use trunklab_basestation::credentials::Credentials;
use trunklab_basestation::{Station, StationOptions};
use trunklab_controller::counters::LatencyFigures;
use trunklab_controller::observer::{Observed as ControllerObserved, Seen};
use trunklab_controller::run::{ControllerError, ControllerOptions, RunningController};
use trunklab_controller::store::{StoreError, StorePlace};
use trunklab_controller::zone::Zone;
use trunklab_controller_core::input::Input as ControllerInput;
use trunklab_controller_core::output::Output as ControllerOutput;
use trunklab_protocol::air_downlink::SiteService;
use trunklab_protocol::operator::{ConsoleName, Snapshot};
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{Moment, SiteId, Span, SpurtId, UnitId};
use trunklab_terminal_core::handset::HandsetView;

use crate::lab::CONSOLE;
use crate::lab::alteration::altered;
use crate::lab::live_operator::LiveOperator;
use crate::lab::observed::{Observed, Sight};
use crate::lab::plan::Plan;
use crate::lab::radios::{Command, EtherStatus, RadioSetup, Radios, Report};
use crate::lab::relay::{LinkRelay, VoiceRelay};
use crate::lab::script::{Deed, Script};
use crate::lab::world::Heard;

/// Longest wait until every base station is in service.
const READY_MAX: Duration = Duration::from_secs(15);

/// How long a killed controller may take to let go of its database.
const LET_GO: Duration = Duration::from_secs(10);

/// Sights and reports that may wait to be taken.
const SIGHTS_MAX: usize = 65_536;

/// What came to light since the last look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Somebody said or noticed something.
    Seen(Observed),
    /// A loudspeaker played something.
    Heard(Heard),
}

struct SiteHere {
    credentials: Credentials,
    relay: LinkRelay,
    station: Option<Station>,
    air: SocketAddr,
    voice: SocketAddr,
    /// Counted by runs of the station that are over.
    before: Octets,
}

/// Room for the recordings of a run.
const RECORDINGS_OCTETS_MAX: u64 = 1 << 30;

/// A network that runs now.
pub struct Live {
    plan: Plan,
    recordings: Option<PathBuf>,
    zone: Zone,
    token: String,
    store: tempfile::TempDir,
    controller: Option<RunningController>,
    controller_origin: Instant,
    listen: SocketAddr,
    operator: SocketAddr,
    voice: SocketAddr,
    sites: BTreeMap<SiteId, SiteHere>,
    radios: Radios,
    voice_relay: VoiceRelay,
    switch: watch::Sender<Option<SocketAddr>>,
    origin: Instant,
    observer: mpsc::Sender<ControllerObserved>,
    observed: mpsc::Receiver<ControllerObserved>,
    reports: mpsc::Receiver<Report>,
    voice_losses: BTreeMap<UnitId, u16>,
    talkers: BTreeMap<UnitId, SpurtId>,
    mouth: LiveOperator,
}

impl Live {
    /// Builds and starts everything; returns when every base station is in service. Handsets are off.
    ///
    /// # Errors
    /// What could not be started, and why.
    pub async fn start(plan: Plan, seed: u64) -> Result<Self> {
        Self::start_recorded(plan, seed, None).await
    }

    /// The same with a folder for the recordings of talkgroups that are recorded.
    ///
    /// # Errors
    /// What could not be started, and why.
    pub async fn start_recorded(plan: Plan, seed: u64, recordings: Option<PathBuf>) -> Result<Self> {
        let zone = Zone::ephemeral().context("cannot make a certificate authority")?;
        let store = tempfile::tempdir().context("cannot make a directory for the database")?;
        let token =
            trunklab_controller::operator::new_operator_token().context("cannot make an operator's token")?;
        let (observer, observed) = mpsc::channel(SIGHTS_MAX);
        let (switch, switch_address) = watch::channel(None);
        let voice_relay = VoiceRelay::start(switch_address).await.context("cannot open a voice port")?;
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let controller_origin = Instant::now();

        let mut live = Self {
            radios: Radios::start(&[], Vec::new(), controller_origin, mpsc::channel(1).0).await?,
            plan,
            recordings,
            zone,
            token,
            store,
            controller: None,
            controller_origin,
            listen: anywhere,
            operator: anywhere,
            voice: anywhere,
            sites: BTreeMap::new(),
            voice_relay,
            switch,
            origin: controller_origin,
            observer,
            observed,
            reports: mpsc::channel(1).1,
            voice_losses: BTreeMap::new(),
            talkers: BTreeMap::new(),
            mouth: LiveOperator::start().await.context("cannot open the console's voice port")?,
        };
        live.start_controller().await?;
        for site in live.plan.sites.iter().map(|site| site.site).collect::<Vec<_>>() {
            let issued = live.zone.site(site).context("cannot issue a site's certificate")?;
            let credentials = Credentials {
                certificate_pem: issued.certificate_pem.clone(),
                key_pem: issued.key_pem.clone(),
                ca_pem: issued.ca_pem.clone(),
            };
            let relay = LinkRelay::start(live.listen).await.context("cannot open a link's relay")?;
            let here = SiteHere {
                credentials,
                relay,
                station: None,
                air: anywhere,
                voice: anywhere,
                before: Octets::default(),
            };
            live.sites.insert(site, here);
            live.start_station(site).await?;
        }
        live.wait_until_in_service().await?;

        live.origin = Instant::now();
        let (report, reports) = mpsc::channel(SIGHTS_MAX);
        let ports: Vec<SocketAddr> = live.sites.values().map(|site| site.air).collect();
        let setups = live
            .plan
            .radios
            .iter()
            .map(|radio| {
                let (unit, config) = (radio.unit, radio.config(seed));
                RadioSetup { unit, config, position: radio.position }
            })
            .collect();
        live.radios =
            Radios::start(&ports, setups, live.origin, report).await.context("cannot open an air socket")?;
        live.reports = reports;
        Ok(live)
    }

    /// Now, in the run's time: zero when every base station came into service.
    pub fn now(&self) -> Moment {
        moment(self.origin.elapsed())
    }

    /// Where consoles connect.
    pub const fn operator_address(&self) -> SocketAddr {
        self.operator
    }

    /// What consoles show to be let in.
    pub fn operator_token(&self) -> &str {
        &self.token
    }

    /// Whom consoles trust.
    pub fn ca_pem(&self) -> &str {
        self.zone.ca_pem()
    }

    /// Where the base stations hear handsets.
    pub fn air_ports(&self) -> Vec<SocketAddr> {
        self.sites.values().map(|site| site.air).collect()
    }

    /// How every handset stands.
    pub fn views(&self) -> BTreeMap<UnitId, HandsetView> {
        self.radios.views()
    }

    /// Counters of the handsets' ether.
    pub fn ether(&self) -> EtherStatus {
        self.radios.status()
    }

    /// What a console would be shown now; `None` while no controller runs.
    pub async fn snapshot(&self) -> Option<Snapshot> {
        self.controller.as_ref()?.snapshot().await
    }

    /// Times from a request's frame at the controller to its grant's, for requests that did not wait: of the controller
    /// that runs.
    pub fn grant_latency(&self) -> Option<LatencyFigures> {
        self.controller.as_ref().map(|controller| controller.counters().grant_latency.read())
    }

    /// Octets on each interface since the start.
    pub fn octets(&self) -> Octets {
        let running = |site: &SiteHere| site.station.as_ref().map(|station| station.status().borrow().octets);
        self.sites.values().map(|site| site.before + running(site).unwrap_or_default()).sum()
    }

    /// Performs a script from its beginning and goes on until `until`, telling `watch` what comes to light.
    ///
    /// # Errors
    /// When something that is to be started again cannot be.
    pub async fn play(
        &mut self,
        script: &Script,
        until: Moment,
        mut watch: impl FnMut(Option<&Deed>, Moment, Option<News>),
    ) -> Result<()> {
        for (at, deed) in script.deeds() {
            self.listen_until(*at, &mut watch).await;
            watch(Some(deed), self.now(), None);
            self.perform(deed.clone()).await?;
        }
        self.listen_until(until, &mut watch).await;
        Ok(())
    }

    /// Performs one deed now.
    ///
    /// # Errors
    /// When something that is to be started again cannot be.
    pub async fn perform(&mut self, deed: Deed) -> Result<()> {
        match deed {
            Deed::User(unit, input) => self.radios.command(Command::User(unit, input)).await,
            Deed::Order(order) => {
                if let Some(controller) = &self.controller {
                    // What comes of it is among the events.
                    controller.order(ConsoleName::new(CONSOLE), order).await;
                }
            }
            Deed::Reconfigure(alteration) => {
                if let Some(controller) = &self.controller
                    && let Some((base, configuration)) = controller.configuration().await
                {
                    let by = ConsoleName::new(CONSOLE);
                    controller.configure(by, base, altered(configuration, alteration)).await;
                }
            }
            Deed::OperatorSpeaks(frames) => self.mouth.speaks(frames),
            Deed::OperatorFallsSilent => self.mouth.falls_silent(),
            Deed::Place(unit, position) => self.radios.command(Command::Place(unit, position)).await,
            Deed::Vanish(unit) => self.radios.command(Command::Vanish(unit)).await,
            Deed::LoseTalkEnd(unit) => self.radios.command(Command::LoseTalkEnd(unit)).await,
            Deed::CutLink(site) => self.set_link(site, false),
            Deed::MendLink(site) => self.set_link(site, true),
            Deed::KillStation(site) => {
                if let Some(here) = self.sites.get_mut(&site)
                    && let Some(station) = here.station.take()
                {
                    let octets = station.status().borrow().octets;
                    here.before = here.before + octets;
                    // Dropped, not stopped: it says no farewell.
                    drop(station);
                }
            }
            Deed::StartStation(site) => self.start_station(site).await?,
            Deed::Plant { site, part, broken } => {
                if let Some(station) = self.sites.get(&site).and_then(|here| here.station.as_ref()) {
                    station.set_plant(part, broken).await;
                }
            }
            // Whoever writes the run down has heard it already; what is charged is in the controller's own store.
            Deed::TellLoad(_) | Deed::TellRecords => {}
            Deed::SetDisk { full } => {
                if let Some(controller) = &self.controller {
                    controller.fill_disk(full).await;
                }
            }
            Deed::KillController => {
                if let Some(controller) = self.controller.take() {
                    controller.kill().await;
                }
                self.switch.send_replace(None);
            }
            Deed::StopController => {
                if let Some(controller) = self.controller.take() {
                    controller.stop().await?;
                }
                self.switch.send_replace(None);
            }
            Deed::StartController => self.start_controller().await?,
            Deed::StartControllerAnew => {
                self.store = tempfile::tempdir().context("cannot make a directory for the database")?;
                self.start_controller().await?;
            }
            Deed::LoseVoicePacket { unit, packet } => match self.talkers.get(&unit) {
                Some(spurt) => self.voice_relay.lose(*spurt, packet),
                None => {
                    self.voice_losses.insert(unit, packet);
                }
            },
        }
        Ok(())
    }

    /// Ends everything in order.
    ///
    /// # Errors
    /// What the controller could not finish.
    pub async fn stop(mut self) -> Result<()> {
        for site in self.sites.values_mut() {
            if let Some(station) = site.station.take() {
                station.stop().await;
            }
        }
        if let Some(controller) = self.controller.take() {
            controller.stop().await.context("the controller did not end in order")?;
        }
        self.store.close().context("cannot remove the database's directory")?;
        Ok(())
    }

    async fn listen_until(
        &mut self,
        until: Moment,
        watch: &mut impl FnMut(Option<&Deed>, Moment, Option<News>),
    ) {
        let deadline = self.origin + Duration::from(Span::from_micros(until.as_micros()));
        loop {
            let news = tokio::select! {
                biased;
                () = tokio::time::sleep_until(deadline) => return,
                Some(seen) = self.observed.recv() => self.translate(seen),
                Some(report) = self.reports.recv() => match report {
                    Report::Event(at, unit, event) => {
                        Some(News::Seen(Observed { at, what: Sight::Handset(unit, event) }))
                    }
                    Report::Heard(heard) => Some(News::Heard(heard)),
                    Report::NotKept(..) => None,
                },
            };
            if let Some(news) = news {
                watch(None, self.now(), Some(news));
            }
        }
    }

    /// From the controller's time to the run's.
    fn translate(&mut self, seen: ControllerObserved) -> Option<News> {
        let lead = moment(self.origin.duration_since(self.controller_origin));
        let at = Moment::from_micros(seen.at.as_micros().saturating_sub(lead.as_micros()));
        let what = match seen.what {
            Seen::Input(ControllerInput::FromSite { site, message }) => Sight::FromSite(site, message),
            Seen::Output(ControllerOutput::ToSite { site, clause, message }) => {
                self.note_talker(&message);
                Sight::ToSite(site, clause, message)
            }
            Seen::Output(ControllerOutput::ToConsole { clause, word, .. }) => {
                self.mouth.tell(&word);
                Sight::ToConsole(clause, word)
            }
            Seen::Output(ControllerOutput::Event(event)) => Sight::Controller(event),
            Seen::Input(_) | Seen::Output(_) => return None,
        };
        Some(News::Seen(Observed { at, what }))
    }

    fn note_talker(&mut self, message: &ToSite) {
        let ToSite::Assert(order) = message else { return };
        let Some(talker) = order.talker else { return };
        if self.talkers.insert(talker.unit, talker.spurt) != Some(talker.spurt)
            && let Some(packet) = self.voice_losses.remove(&talker.unit)
        {
            self.voice_relay.lose(talker.spurt, packet);
        }
    }

    fn set_link(&self, site: SiteId, open: bool) {
        if let Some(here) = self.sites.get(&site) {
            here.relay.set_open(open);
        }
    }

    fn controller_options(&self) -> ControllerOptions {
        let provision = self.plan.changes().collect();
        let mut options = ControllerOptions::ephemeral(&self.zone, provision);
        options.store = StorePlace::File(self.store.path().join("trunklab.db"));
        options.origin = Some(self.controller_origin.into_std());
        options.operator_tokens = vec![self.token.clone()];
        options.recordings = self.recordings.clone().map(|folder| (folder, RECORDINGS_OCTETS_MAX));
        options.observer = Some(self.observer.clone());
        (options.listen, options.operator, options.voice) = (self.listen, self.operator, self.voice);
        options.voice_advertised = Some(self.voice_relay.address());
        options
    }

    async fn start_controller(&mut self) -> Result<()> {
        let since = Instant::now();
        let controller = loop {
            match RunningController::start(self.controller_options()).await {
                // The one that was killed lets go of the database when its last write is done.
                Err(ControllerError::Store(StoreError::InUse(_))) if since.elapsed() < LET_GO => {
                    sleep(Duration::from_millis(20)).await;
                }
                started => break started?,
            }
        };
        let addresses = controller.addresses();
        (self.listen, self.operator, self.voice) = (addresses.listen, addresses.operator, addresses.voice);
        self.switch.send_replace(Some(addresses.voice));
        self.controller = Some(controller);
        Ok(())
    }

    async fn start_station(&mut self, site: SiteId) -> Result<()> {
        let Some(here) = self.sites.get_mut(&site) else { bail!("site {site} is not in the plan") };
        let options = StationOptions {
            controllers: vec![here.relay.address().to_string()],
            credentials: here.credentials.clone(),
            air: here.air,
            voice: here.voice,
            voice_public: None,
            memory: None,
        };
        let station = Station::start(options).await?;
        (here.air, here.voice) = (station.air_address, station.voice_address);
        here.station = Some(station);
        Ok(())
    }

    async fn wait_until_in_service(&mut self) -> Result<()> {
        for (site, here) in &self.sites {
            let Some(station) = &here.station else { continue };
            let mut status = station.status();
            let ready = status
                .wait_for(|status| status.view.name.is_some() && status.view.service == SiteService::Wide);
            if timeout(READY_MAX, ready).await.is_err() {
                bail!("site {site} did not come into service within {} s", READY_MAX.as_secs());
            }
        }
        // What the observer saw of the beginning lies before the run's zero.
        sleep(Duration::from_millis(50)).await;
        while self.observed.try_recv().is_ok() {}
        Ok(())
    }
}

fn moment(elapsed: Duration) -> Moment {
    Moment::from_micros(u64::try_from(elapsed.as_micros()).expect("a run is shorter than that"))
}
