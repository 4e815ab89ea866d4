//! The connection's life: connect, take a snapshot, follow the events, and after a break begin again.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use trunklab_protocol::{Epoch, Span};

use super::back_off::BackOff;
use super::client::{Client, Events, Told};
use super::{ConnError, Question, Report};
use crate::model::{Asked, Stream};

/// How often a snapshot is taken for what no event tells.
const REFRESH_EVERY: Duration = Duration::from_secs(5);
/// Least time between two snapshots, however many are wished for.
const REFRESH_LEAST: Duration = Duration::from_millis(500);
const PING_EVERY: Duration = Duration::from_secs(2);
/// A stream from which not even a pong comes for this long is broken.
const SILENCE_MAX: Duration = Duration::from_secs(6);

/// Orders and questions that may be under way at once.
const UNDER_WAY_MAX: usize = 32;

/// What the console wishes of its connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// That the controller do this.
    Give(Asked),
    /// An answer.
    Ask(Question),
    /// A new snapshot.
    Refresh,
    /// An attempt at once.
    Reconnect,
}

/// The screen is gone: nobody wants to hear more.
struct Gone;

/// Runs until the receiver of the reports is gone. Ends early only with an error that no attempt can mend, before
/// anything was heard.
pub async fn run(
    client: impl Into<Arc<Client>>,
    reports: mpsc::Sender<Report>,
    mut wishes: mpsc::Receiver<Wish>,
) -> Result<(), ConnError> {
    let mut life = Life { client: client.into(), reports, back_off: BackOff::default(), place: None };
    loop {
        if life.report(Report::Connecting { attempt: life.back_off.attempt() }).await.is_err() {
            return Ok(());
        }
        let error = match life.connected(&mut wishes).await {
            Ok(Gone) => return Ok(()),
            Err(error) => error,
        };
        if matches!(error, ConnError::SessionOver) || life.place.is_none() && error.is_final() {
            return Err(error);
        }
        if matches!(error, ConnError::Resync) {
            life.place = life.place.map(|place| Place { resume: false, ..place });
        }
        let wait = life.back_off.after_failure();
        let retry_in = Span::from_micros(u64::try_from(wait.as_micros()).unwrap_or(u64::MAX));
        if life.report(Report::Lost { why: error.to_string(), retry_in }).await.is_err() {
            return Ok(());
        }
        if life.wait(wait, &mut wishes).await.is_err() {
            return Ok(());
        }
    }
}

/// Up to where the console has heard.
#[derive(Debug, Clone, Copy)]
struct Place {
    epoch: Epoch,
    sequence: u64,
    /// Whether the controller may still have what follows.
    resume: bool,
}

struct Life {
    client: Arc<Client>,
    reports: mpsc::Sender<Report>,
    back_off: BackOff,
    place: Option<Place>,
}

impl Life {
    async fn report(&self, report: Report) -> Result<(), Gone> {
        self.reports.send(report).await.map_err(|_| Gone)
    }

    /// One connection, from its snapshot to its end.
    async fn connected(&mut self, wishes: &mut mpsc::Receiver<Wish>) -> Result<Gone, ConnError> {
        let snapshot = self.client.snapshot().await?;
        let epoch = snapshot.epoch;
        // Numbers begin again with each epoch, so a place in another epoch is none.
        let known = self.place.filter(|place| place.resume && place.epoch == epoch);
        let (after, stream) = match known {
            Some(place) => (place.sequence, Stream::GoesOn),
            None => (snapshot.sequence, Stream::BeginsHere),
        };
        let events = self.client.events(epoch, after).await?;
        self.place = Some(Place { epoch, sequence: after, resume: true });
        let admission = self.client.admission().await?;
        if let Some(admission) = admission
            && self.report(Report::Admitted(admission)).await.is_err()
        {
            return Ok(Gone);
        }
        if self.report(Report::Snapshot { snapshot: Box::new(snapshot), stream }).await.is_err()
            || self.report(Report::Live).await.is_err()
        {
            return Ok(Gone);
        }
        self.follow(epoch, events, wishes).await
    }

    async fn follow(
        &mut self,
        epoch: Epoch,
        mut events: Events,
        wishes: &mut mpsc::Receiver<Wish>,
    ) -> Result<Gone, ConnError> {
        let mut pings = interval(PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut refresh_due = Instant::now() + REFRESH_EVERY;
        let mut refreshed = Instant::now();
        let mut heard = Instant::now();
        // Events go on while an answer is waited for: a radio may take seconds.
        let mut under_way: JoinSet<Vec<Report>> = JoinSet::new();
        loop {
            tokio::select! {
                Some(answered) = under_way.join_next() => {
                    for report in answered.unwrap_or_default() {
                        if self.report(report).await.is_err() {
                            return Ok(Gone);
                        }
                    }
                }
                told = events.next() => {
                    heard = Instant::now();
                    let told = told?;
                    self.back_off.reset();
                    if self.pass_on(told).await.is_err() {
                        return Ok(Gone);
                    }
                }
                _ = pings.tick() => {
                    if heard.elapsed() > SILENCE_MAX {
                        return Err(ConnError::Silent(SILENCE_MAX.as_secs()));
                    }
                    timeout(SILENCE_MAX, events.ping())
                        .await
                        .unwrap_or(Err(ConnError::Silent(SILENCE_MAX.as_secs())))?;
                }
                () = tokio::time::sleep_until(refresh_due) => {
                    refreshed = Instant::now();
                    refresh_due = refreshed + REFRESH_EVERY;
                    let snapshot = self.client.snapshot().await?;
                    if snapshot.epoch != epoch {
                        return Err(ConnError::Resync);
                    }
                    let report = Report::Snapshot { snapshot: Box::new(snapshot), stream: Stream::GoesOn };
                    if self.report(report).await.is_err() {
                        return Ok(Gone);
                    }
                }
                wish = wishes.recv() => match wish {
                    Some(Wish::Give(asked)) if under_way.len() >= UNDER_WAY_MAX => {
                        let answer = Err("too many orders wait for their answers".to_owned());
                        if self.report(Report::Answered { asked, answer }).await.is_err() {
                            return Ok(Gone);
                        }
                    }
                    Some(Wish::Give(asked)) => {
                        let client = Arc::clone(&self.client);
                        under_way.spawn(async move {
                            let answer = client.order(&asked).await;
                            vec![Report::Answered { asked, answer }]
                        });
                    }
                    // A question is asked again.
                    Some(Wish::Ask(_)) if under_way.len() >= UNDER_WAY_MAX => {}
                    Some(Wish::Ask(question)) => {
                        under_way.spawn(answer(Arc::clone(&self.client), question));
                    }
                    Some(Wish::Refresh) => refresh_due = refresh_due.min(refreshed + REFRESH_LEAST),
                    Some(Wish::Reconnect) => {}
                    None => return Ok(Gone),
                },
            }
        }
    }

    async fn pass_on(&mut self, told: Told) -> Result<(), Gone> {
        let (sequence, report) = match told {
            Told::Event(event) => (event.sequence, Report::Event(event)),
            Told::Unknown(event) => (event.sequence, Report::UnknownEvent(event)),
            Told::Alive => return Ok(()),
        };
        self.report(report).await?;
        if let Some(place) = &mut self.place {
            place.sequence = place.sequence.max(sequence);
        }
        Ok(())
    }

    /// Waits for the next attempt, less long if the operator wishes.
    async fn wait(&mut self, wait: Duration, wishes: &mut mpsc::Receiver<Wish>) -> Result<(), Gone> {
        let pause = sleep(wait);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => return Ok(()),
                wish = wishes.recv() => match wish {
                    Some(Wish::Reconnect) => return Ok(()),
                    Some(Wish::Refresh | Wish::Ask(_)) => {}
                    Some(Wish::Give(asked)) => {
                        let answer = Err("there is no connection to the controller".to_owned());
                        self.report(Report::Answered { asked, answer }).await?;
                    }
                    None => return Err(Gone),
                },
            }
        }
    }
}

/// What the controller answers. One that cannot answer this now is asked again, where nobody waits for it.
async fn answer(client: Arc<Client>, question: Question) -> Vec<Report> {
    match question {
        Question::Statistics => {
            client.statistics().await.map(|page| Report::Statistics(Box::new(page))).into_iter().collect()
        }
        Question::Configuration { sites } => {
            let versions = client.versions().await.map(|versions| Report::Versions(Box::new(versions)));
            let mut devices = Vec::new();
            for site in sites {
                devices.extend(client.device(site).await.ok());
            }
            versions.into_iter().chain([Report::Devices(devices)]).collect()
        }
        Question::Compare(version) => vec![Report::Compared(client.compare(version).await)],
        Question::Rights(unit) => vec![Report::Rights(client.rights(unit).await)],
        Question::Unit(unit) => vec![Report::Unit(unit, client.unit(unit).await.map(Box::new))],
    }
}
