//! What speech costs: one vocoder frame (20 ms) each way, and a second of a synthesised talker.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use trunklab::speech::{Decoder, Encoder, FRAME_SAMPLES, envelope, synth, vocoder};

fn main() {
    divan::main();
}

/// Five seconds of speech in frames: pitch, hiss and pauses cost differently.
fn speech() -> Vec<[i16; FRAME_SAMPLES]> {
    let frames = synth::sentence(1, 5.0);
    frames.chunks_exact(FRAME_SAMPLES).map(|frame| frame.try_into().expect("exact chunks")).collect()
}

#[divan::bench]
fn encode_frames(bencher: Bencher) {
    let speech = speech();
    let mut encoder = Encoder::new();
    bencher.counter(ItemsCount::new(speech.len())).bench_local(|| {
        for frame in &speech {
            black_box(encoder.encode(black_box(frame)));
        }
    });
}

#[divan::bench]
fn decode_frames(bencher: Bencher) {
    let frames = vocoder::encode(&synth::sentence(1, 5.0));
    let mut decoder = Decoder::new();
    bencher.counter(ItemsCount::new(frames.len())).bench_local(|| {
        for frame in &frames {
            black_box(decoder.decode(black_box(frame)));
        }
    });
}

#[divan::bench]
fn synthesise_one_second(bencher: Bencher) {
    bencher.bench(|| synth::sentence(black_box(1), 1.0));
}

#[divan::bench]
fn compare_five_seconds(bencher: Bencher) {
    let (one, other) = (envelope::of(&synth::sentence(1, 5.0)), envelope::of(&synth::sentence(2, 5.0)));
    bencher.bench(|| envelope::correlate(black_box(&one), black_box(&other), 20));
}
