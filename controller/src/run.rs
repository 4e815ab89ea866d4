//! A whole controller: binds its ports, opens its store, starts its parts, and ends them in order.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tracing::{error, info, warn};
use trunklab_controller_core::config::{Change, SystemParameters};
use trunklab_controller_core::configuration::Configuration;
use trunklab_controller_core::controller::Controller;
use trunklab_protocol::operator::{Authority, ConfigurationVersion, ConsoleName, Order, Snapshot};
use trunklab_protocol::switch::ToSwitch;
use trunklab_protocol::{Cause, Epoch};

use crate::clock::{Clock, MonotonicClock};
use crate::counters::Counters;
use crate::dispatch::Dispatch;
use crate::feed::EventFeed;
use crate::links::{LinkLimits, Listener};
use crate::log::LocalLog;
use crate::observer::{Observed, Observer};
use crate::operator::{Access, Operator, OperatorLimits, OperatorServer, Reach, TokenBook};
use crate::recorder::{Folder, FolderError, Recorder};
use crate::run_loop::{Configured, Inlets, Outlets, RunError, RunLoop, SwitchPort, Wish};
use crate::store::{Secret, Store, StoreError, StoreHandle, StorePlace};
use crate::switch::{self, SwitchHandle};
use crate::zone::enrol::EnrolmentDesk;
use crate::zone::{
    Credentials, DenyList, Zone, ZoneDirectory, ZoneError, link_server_config, operator_server_config,
};

/// Messages from links that may wait for the run loop; beyond it links are held back.
const INBOX_MAX: usize = 4_096;

/// Orders that may wait for the voice switch.
const SWITCH_ORDERS_MAX: usize = 65_536;

/// Operators' queries that may wait.
const QUERIES_MAX: usize = 64;

/// How often new operators' tokens are looked for.
const TOKEN_SWEEP: Duration = Duration::from_secs(2);

/// How long an end waits for the store's thread to take its last word.
const STOP_MAX: Duration = Duration::from_secs(5);

/// Everything that a controller is started with.
#[derive(Debug)]
pub struct ControllerOptions {
    /// What must last.
    pub store: StorePlace,
    /// Provisioned before the start, into the store.
    pub provision: Vec<Change>,
    /// What the controller shows.
    pub credentials: Credentials,
    /// Where they came from, for messages.
    pub credentials_place: String,
    /// Who signs for new sites; `None` enrols nobody.
    pub desk: Option<EnrolmentDesk>,
    /// Certificates that are good no longer.
    pub deny: DenyList,
    /// Where sites connect.
    pub listen: SocketAddr,
    /// Where operators connect.
    pub operator: SocketAddr,
    /// Where recordings are kept, and how many octets they may take; `None` records nothing.
    pub recordings: Option<(PathBuf, u64)>,
    /// Where the voice switch receives.
    pub voice: SocketAddr,
    /// Where sites send voice, if that is not where the switch is bound.
    pub voice_advertised: Option<SocketAddr>,
    /// Where the voice switch sends the tests of its port, if that is not where it is bound.
    pub voice_tested_at: Option<SocketAddr>,
    /// From one of these tests to the next.
    pub voice_test_period: Duration,
    /// Operators' tokens beside those in the store.
    pub operator_tokens: Vec<String>,
    /// Bounds of the site links.
    pub link_limits: LinkLimits,
    /// Bounds of the operator port.
    pub operator_limits: OperatorLimits,
    /// The origin of the controller's time; the start if not given.
    pub origin: Option<Instant>,
    /// Who watches inputs and outputs; see [`crate::observer`].
    pub observer: Option<mpsc::Sender<Observed>>,
}

impl ControllerOptions {
    /// A controller in memory on free ports of the loopback: for tests and the demonstration.
    ///
    /// # Errors
    /// Never for a zone that [`Zone::ephemeral`] made.
    pub fn ephemeral(zone: &Zone, provision: Vec<Change>) -> Self {
        let place = "the zone in memory".to_owned();
        Self { provision, ..Self::bare(StorePlace::Memory, zone.controller().clone(), place) }
    }

    /// A controller on the database and the zone's directory, with free ports of the loopback.
    ///
    /// # Errors
    /// When the directory does not hold a zone.
    pub fn on_disk(db: &Path, credentials: &Path) -> Result<Self, ZoneError> {
        let zone = ZoneDirectory::open(credentials);
        let (store, place) = (StorePlace::File(db.to_owned()), credentials.display().to_string());
        Ok(Self {
            desk: zone.authority()?.map(|authority| EnrolmentDesk::new(authority, zone.tokens())),
            deny: zone.deny_list(),
            ..Self::bare(store, zone.controller()?, place)
        })
    }

    /// Nothing provisioned, nobody enrolled or denied, free ports of the loopback.
    fn bare(store: StorePlace, credentials: Credentials, credentials_place: String) -> Self {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            store,
            provision: Vec::new(),
            credentials,
            credentials_place,
            desk: None,
            deny: DenyList::none(),
            listen: anywhere,
            operator: anywhere,
            voice: anywhere,
            voice_advertised: None,
            voice_tested_at: None,
            voice_test_period: switch::TEST_PERIOD,
            recordings: None,
            operator_tokens: Vec::new(),
            link_limits: LinkLimits::default(),
            operator_limits: OperatorLimits::default(),
            origin: None,
            observer: None,
        }
    }
}

/// Where a controller listens, with the real ports where 0 was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Addresses {
    /// Sites.
    pub listen: SocketAddr,
    /// Operators.
    pub operator: SocketAddr,
    /// Voice.
    pub voice: SocketAddr,
}

/// Why a controller does not start, or did not end as it should.
#[derive(Debug, thiserror::Error)]
pub enum ControllerError {
    /// A port cannot be had.
    #[error("{flag} {address}: {source}; stop the program that has the port, or choose another with {flag}")]
    Bind {
        /// The flag that names the port.
        flag: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The switch is bound to every address, and sites cannot send to that.
    #[error(
        "--voice {0} is every address of this machine: say with --voice-advertised where sites send voice"
    )]
    VoiceAddress(SocketAddr),
    /// Certificates or keys.
    #[error(transparent)]
    Zone(#[from] ZoneError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder of recordings.
    #[error(transparent)]
    Recordings(#[from] FolderError),
    /// This build has no vocoder.
    #[error("{}", trunklab_speech::vocoder::REFUSAL)]
    NoVocoder,
    /// The system gave no thread.
    #[error("no thread for the store or the recorder: {0}")]
    Thread(io::Error),
    /// The run loop.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A part panicked.
    #[error("a part of the controller broke: {0}; the log says where, please report it")]
    Broke(String),
}

/// A controller that runs.
#[derive(Debug)]
pub struct RunningController {
    addresses: Addresses,
    counters: Arc<Counters>,
    switch: Arc<SwitchHandle>,
    operator: Arc<Operator>,
    shutdown: Option<oneshot::Sender<()>>,
    serving: JoinHandle<Result<(), ControllerError>>,
}

impl RunningController {
    /// Binds, opens and starts everything; calls are served when it returns.
    ///
    /// # Errors
    /// When a port, the store or a certificate cannot be used; nothing is left behind.
    pub async fn start(options: ControllerOptions) -> Result<Self, ControllerError> {
        Self::start_with::<Controller>(options).await
    }

    pub(crate) async fn start_with<D: Dispatch>(options: ControllerOptions) -> Result<Self, ControllerError> {
        let links_tls = link_server_config(&options.credentials, &options.credentials_place)?;
        let operator_tls = operator_server_config(&options.credentials, &options.credentials_place)?;
        let links_socket = bind_tcp("--listen", options.listen).await?;
        let operator_socket = bind_tcp("--operator", options.operator).await?;
        let counters = Arc::new(Counters::default());
        let recorder = match &options.recordings {
            Some(_) if !trunklab_speech::vocoder::AVAILABLE => return Err(ControllerError::NoVocoder),
            Some((path, octets_max)) => {
                let folder = Folder::open(path, *octets_max)?;
                Some(Recorder::start(folder, Arc::clone(&counters)).map_err(ControllerError::Thread)?)
            }
            None => None,
        };
        let recording = recorder.as_ref().map(Recorder::handle);
        let voice = switch::Settings {
            test_to: options.voice_tested_at,
            test_period: options.voice_test_period,
            ..switch::Settings::at(options.voice)
        };
        let (switch, reports) = switch::start_recorded(voice, recording.clone()).map_err(|taken| {
            ControllerError::Bind { flag: "--voice", address: taken.address, source: taken.reason }
        })?;
        let addresses = Addresses {
            listen: bound(links_socket.local_addr(), options.listen),
            operator: bound(operator_socket.local_addr(), options.operator),
            voice: switch.address(),
        };
        let voice_address = advertised(&options, addresses.voice)?;

        let mut store = Store::open(&options.store)?;
        store.provision(&options.provision)?;
        store.provide_system(&SystemParameters::default())?;
        if store.accounts()?.is_empty()
            && store.operator_tokens()?.is_empty()
            && options.operator_tokens.is_empty()
        {
            info!(
                "nobody can be let in yet: `controller account add NAME --role administrator --db FILE` makes an account"
            );
        }
        let mut fresh_key = Secret::default();
        getrandom::fill(&mut fresh_key).map_err(RunError::Random)?;
        let access = Access::new(&store.signing_key(&fresh_key)?);
        let (answers, stored) = mpsc::channel(INBOX_MAX);
        let (store, store_thread) =
            StoreHandle::start(store, answers, Arc::clone(&counters)).map_err(ControllerError::Thread)?;

        let (news, links) = mpsc::channel(INBOX_MAX);
        let (ask, queries) = mpsc::channel(QUERIES_MAX);
        let (orders, order_task) = order_queue(&switch);
        let switch = Arc::new(switch);
        let feed = Arc::new(EventFeed::new());
        let clock = options.origin.map_or_else(MonotonicClock::starting_now, MonotonicClock::since);
        info!(wall_at_origin_us = clock.wall_at_origin_us(), "the log begins");
        let mut run_loop: RunLoop<D, _, _> = RunLoop::new(
            LocalLog::default(),
            clock,
            Box::new(move |change| with_switch_address(change, voice_address)),
            Inlets { links, stored, switch: SwitchPort { orders, reports }, queries },
            Outlets {
                store: store.clone(),
                feed: Arc::clone(&feed),
                counters: Arc::clone(&counters),
                observer: Observer::new(options.observer),
                recorder: recording,
            },
        );
        run_loop.begin_term(Epoch::new(0).expect("0 is an epoch")).await?;

        let tokens = Arc::new(TokenBook::with_given(&options.operator_tokens));
        let operator = Arc::new(Operator::new(Reach {
            queries: ask,
            feed,
            counters: Arc::clone(&counters),
            switch: Arc::clone(&switch),
            store: store.clone(),
            access,
            clock,
            tokens: Arc::clone(&tokens),
            desk: options.desk,
        }));
        let mut parts = JoinSet::new();
        parts.spawn(order_task);
        parts.spawn(keep_tokens_fresh(store.clone(), tokens));
        parts.spawn(
            Listener {
                socket: links_socket,
                tls: links_tls,
                deny: options.deny,
                limits: options.link_limits,
                news,
                counters: Arc::clone(&counters),
            }
            .serve(),
        );
        parts.spawn(
            OperatorServer {
                socket: operator_socket,
                tls: operator_tls,
                limits: options.operator_limits,
                operator: Arc::clone(&operator),
            }
            .serve(),
        );
        operator.set_ready(true);
        let (shutdown, told) = oneshot::channel();
        let ready = Arc::clone(&operator);
        let serving = tokio::spawn(async move {
            let outcome = run_loop
                .run(async {
                    // Whoever drops the handle without a word wants the end as well.
                    drop(told.await);
                    ready.set_ready(false);
                })
                .await;
            ready.set_ready(false);
            // What is left of the loop holds the store's answers: without it the thread can end.
            drop(run_loop);
            parts.shutdown().await;
            end_store(&store, store_thread).await?;
            if let Some(recorder) = recorder {
                end_recorder(recorder).await?;
            }
            Ok(outcome?)
        });
        Ok(Self { addresses, counters, switch, operator, shutdown: Some(shutdown), serving })
    }

    /// Where it listens.
    pub const fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// What it counts, live.
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// What its voice switch counts, live.
    pub fn switch_counts(&self) -> &switch::Counts {
        self.switch.counts()
    }

    /// As an exercise: its store's disk is full from here on, or has room again.
    pub async fn fill_disk(&self, full: bool) {
        // A store whose thread has ended keeps nothing any more.
        self.operator.store().with(move |store| store.fill_disk(full)).await;
    }

    /// Has the store's thread do something, as a test wants.
    #[cfg(test)]
    pub(crate) async fn at_store(&self, what: impl FnOnce(&mut Store) + Send + 'static) {
        self.operator.store().with(what).await.expect("the store's thread lives");
    }

    /// All that a console shows; `None` when the controller is closing down.
    pub async fn snapshot(&self) -> Option<Snapshot> {
        self.operator.snapshot().await
    }

    /// Does what a console of this process orders; `None` when the controller is closing down or broke on it.
    pub async fn order(&self, by: ConsoleName, order: Order) -> Option<Result<(), Cause>> {
        self.operator.order(Authority::own_process(by), order).await
    }

    /// How the network is configured; `None` when the controller is closing down.
    pub async fn configuration(&self) -> Option<(ConfigurationVersion, Configuration)> {
        self.operator.configuration().await
    }

    /// Changes the configuration as a console of this process wishes; `None` when the controller is closing down.
    pub async fn configure(
        &self,
        by: ConsoleName,
        base: ConfigurationVersion,
        configuration: Configuration,
    ) -> Option<Configured> {
        let configuration = Box::new(configuration);
        self.operator.configure(Wish { by: Authority::own_process(by), base, configuration }).await
    }

    /// Waits until it ends by itself, which is always an error.
    ///
    /// # Errors
    /// Why it ended.
    pub async fn ended(&mut self) -> Result<(), ControllerError> {
        joined((&mut self.serving).await)
    }

    /// Ends at once without a word to anybody, as a killed process would.
    pub async fn kill(self) {
        self.serving.abort();
        // Ports are free again only when the loop is really gone.
        drop(self.serving.await);
        if let Some(switch) = Arc::into_inner(self.switch) {
            switch.stop().await;
        }
    }

    /// Closes down in order: calls released, records kept, links told.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub async fn stop(mut self) -> Result<(), ControllerError> {
        if self.shutdown.take().is_some_and(|shutdown| shutdown.send(()).is_err()) {
            warn!("the controller had ended by itself");
        }
        let outcome = joined(self.serving.await);
        drop(self.operator);
        if let Some(switch) = Arc::into_inner(self.switch) {
            switch.stop().await;
        }
        outcome
    }
}

/// Runs a controller until `shutdown` resolves, then closes it down in order.
///
/// # Errors
/// When it does not start, or ends by itself.
pub async fn run(
    options: ControllerOptions,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ControllerError> {
    let mut controller = RunningController::start(options).await?;
    let Addresses { listen, operator, voice } = controller.addresses();
    info!(%listen, %operator, %voice, "the controller serves");
    tokio::select! {
        ended = controller.ended() => return ended,
        () = shutdown => {}
    }
    info!("closing down");
    controller.stop().await
}

fn joined(
    outcome: Result<Result<(), ControllerError>, tokio::task::JoinError>,
) -> Result<(), ControllerError> {
    outcome.unwrap_or_else(|broke| Err(ControllerError::Broke(broke.to_string())))
}

async fn bind_tcp(flag: &'static str, address: SocketAddr) -> Result<TcpListener, ControllerError> {
    TcpListener::bind(address).await.map_err(|source| ControllerError::Bind { flag, address, source })
}

fn bound(address: io::Result<SocketAddr>, asked: SocketAddr) -> SocketAddr {
    address.unwrap_or(asked)
}

fn advertised(options: &ControllerOptions, voice: SocketAddr) -> Result<SocketAddr, ControllerError> {
    match options.voice_advertised {
        Some(address) => Ok(address),
        None if voice.ip().is_unspecified() => Err(ControllerError::VoiceAddress(voice)),
        None => Ok(voice),
    }
}

/// The switch's address is where it was bound in this run, whatever the store says.
fn with_switch_address(change: Change, switch_address: SocketAddr) -> Change {
    match change {
        Change::System(system) => Change::System(SystemParameters { switch_address, ..system }),
        Change::Site(_)
        | Change::Area(_)
        | Change::Talkgroup(_)
        | Change::Subscriber(_)
        | Change::Subscribers(_)
        | Change::SubscriberRemoved(_)
        | Change::Patch(_)
        | Change::SiteRemoved(_)
        | Change::AreaRemoved(_)
        | Change::TalkgroupRemoved(_)
        | Change::Version(_)
        | Change::Remote(_)
        | Change::Alarm(_) => change,
    }
}

async fn keep_tokens_fresh(store: StoreHandle, tokens: Arc<TokenBook>) {
    loop {
        match store.with(Store::operator_tokens).await {
            Some(Ok(known)) => tokens.set_stored(known),
            Some(Err(failure)) => warn!(%failure, "operators' tokens could not be read"),
            None => warn!("the store is too busy to look for new operators' tokens"),
        }
        tokio::time::sleep(TOKEN_SWEEP).await;
    }
}

async fn end_store(store: &StoreHandle, thread: thread::JoinHandle<()>) -> Result<(), ControllerError> {
    let told = tokio::time::timeout(STOP_MAX, async {
        while !store.stop() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    if told.await.is_err() {
        error!("the store's queue did not empty in time");
        return Err(ControllerError::Broke("the store did not end".to_owned()));
    }
    match tokio::task::spawn_blocking(|| thread.join()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(ControllerError::Broke("the store's thread panicked".to_owned())),
    }
}

async fn end_recorder(recorder: Recorder) -> Result<(), ControllerError> {
    let ended = tokio::task::spawn_blocking(move || recorder.stop()).await;
    ended.map_err(|_| ControllerError::Broke("the recorder's thread panicked".to_owned()))
}

/// Orders wait here, so that a burst of them (every call released at once) reaches the switch whole.
fn order_queue(switch: &SwitchHandle) -> (mpsc::Sender<ToSwitch>, impl Future<Output = ()> + use<>) {
    let (orders, mut waiting) = mpsc::channel(SWITCH_ORDERS_MAX);
    let switch = switch.orders().clone();
    let task = async move {
        while let Some(order) = waiting.recv().await {
            if switch.send(order).await.is_err() {
                return error!("the voice switch has ended");
            }
        }
    };
    (orders, task)
}
