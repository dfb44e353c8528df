//! Chance from a seed: the same seed, number and purpose are the same draw in every run.

/// A number in [0, 1).
pub(super) fn chance(seed: u64, number: u64, purpose: u64) -> f64 {
    let input = [number.to_le_bytes(), purpose.to_le_bytes()].concat();
    (xxhash_rust::xxh3::xxh3_64_with_seed(&input, seed) >> 11) as f64 / (1u64 << 53) as f64
}

/// A whole number from `least` to `most`, both included.
pub(super) fn between(least: i64, most: i64, chance: f64) -> i64 {
    least + (chance * (most - least + 1) as f64) as i64
}
