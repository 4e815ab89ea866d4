//! The figures for people.

use super::network::SELF_TEST_MS;
use super::outage::{AFTER_MS, Outage, Took};
use super::returning::Returned;

/// All of them, as tables in Markdown.
pub fn print(outages: &[Outage], returned: &[Returned]) {
    println!(
        "Milliseconds, median (longest) of twenty; the site waits {AFTER_MS} ms for its controller, or for its control channel, whose loss \
         self-tests find, one every {SELF_TEST_MS} ms.\n"
    );
    println!(
        "| profile | then | site serves | all radios know | press to permit | back to service | all radios know | press to permit |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for outage in outages {
        let Outage { serves, all_know, permit, back, all_back, permit_back, .. } = *outage;
        let steps = [serves, all_know, permit, back, all_back, permit_back].map(cell).join(" | ");
        println!("| {} | {} | {steps} |", outage.profile, outage.without);
    }
    println!("\nSeconds since the controller was started; the longest wait is from a radio's first burst.\n");
    println!(
        "| profile | radios | window | bound | half | 99 % | all | all by bound | longest wait | bursts | lost in collisions | gave up |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for returned in returned {
        println!("{}", row(returned));
    }
}

/// How one crowd came back.
pub fn row(row: &Returned) -> String {
    let all = row.all_ms.map_or_else(|| format!("{} of them", row.registered), seconds);
    let ratio = row.ratio().map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
    format!(
        "| {} | {} | {} | {} | {} | {} | {all} | {ratio} | {} | {} | {} in {} | {} |",
        row.profile,
        row.radios,
        seconds(u64::from(row.window_ms)),
        seconds(row.bound_ms),
        row.half_ms.map_or_else(|| "–".to_owned(), seconds),
        row.p99_ms.map_or_else(|| "–".to_owned(), seconds),
        seconds(row.longest_wait_ms),
        row.bursts,
        row.collided,
        row.collisions,
        row.refusals.values().sum::<u32>(),
    )
}

fn cell(took: Took) -> String {
    format!("{} ({})", took.median_ms, took.most_ms)
}

fn seconds(millis: u64) -> String {
    format!("{:.1}", millis as f64 / 1e3)
}
