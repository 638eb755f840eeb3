//! Whether the bytes of a public key are a point of its curve. The library that checks signatures looks only when
//! it has one to check, and then a key that is none looks like a signature that is wrong.
//!
//! Does not know where keys come from.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ParsedPublicKey};
use jsonwebtoken::Algorithm;
use num_bigint::BigUint;

/// A point of P-256 or P-384, whichever `algorithm` is for, as SEC 1 writes it.
pub(super) fn is_on_nist_curve(point: &[u8], algorithm: Algorithm) -> bool {
    let curve = match algorithm {
        Algorithm::ES256 => &ECDSA_P256_SHA256_FIXED,
        Algorithm::ES384 => &ECDSA_P384_SHA384_FIXED,
        _ => return false,
    };
    // Compressed or not. The library would also take a whole key in DER.
    matches!(point.first(), Some(2..=4)) && ParsedPublicKey::new(curve, point).is_ok()
}

/// A point of the curve of Ed25519 (RFC 8032 section 5.1.3): its `y`, and above it the sign of `x`.
pub(super) fn is_on_edwards_curve(point: &[u8]) -> bool {
    if point.len() != 32 {
        return false;
    }
    let one = BigUint::from(1_u8);
    let prime = (&one << 255_u32) - 19_u8;
    let mut y = BigUint::from_bytes_le(point);
    y.set_bit(255, false);
    let y_squared = &y * &y % &prime;
    // x² = (y² - 1) / (d y² + 1) must be a square, where d = -121665 / 121666. A quotient is one if the product
    // is, so nothing has to be divided.
    let numerator = &y_squared + (&prime - 1_u8);
    let denominator = (&prime - &y_squared) * 121_665_u32 + 121_666_u32;
    let product = numerator * denominator * 121_666_u32;
    // Euler's criterion: 1 for squares, 0 for 0.
    product.modpow(&(&prime >> 1_u32), &prime) <= one
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number as 32 bytes, the lowest first.
    fn bytes(low: u8) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[0] = low;
        bytes
    }

    #[test]
    fn half_of_all_numbers_belong_to_points_of_ed25519() {
        let points: Vec<_> = (0..16).filter(|y| is_on_edwards_curve(&bytes(*y))).collect();

        assert_eq!(points, [0, 1, 3, 4, 5, 6, 9, 10, 14, 15]);
    }

    #[test]
    fn keys_of_rfc_8032_are_points_and_changed_ones_are_not() {
        let key = *b"\xd7\x5a\x98\x01\x82\xb1\x0a\xb7\xd5\x4b\xfe\xd3\xc9\x64\x07\x3a\
                     \x0e\xe1\x72\xf3\xda\xa6\x23\x25\xaf\x02\x1a\x68\xf7\x07\x51\x1a";
        let mut mirrored = key;
        mirrored[31] ^= 0x80;
        let mut changed = key;
        changed[0] ^= 1;

        assert!(is_on_edwards_curve(&key));
        assert!(is_on_edwards_curve(&mirrored));
        assert!(!is_on_edwards_curve(&changed));
        assert!(!is_on_edwards_curve(&key[..31]));
    }

    #[test]
    fn points_of_nist_curves_are_told_apart() {
        // The generator of P-256.
        let point = b"\x04\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77\x03\x7d\x81\
                      \x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\
                      \xe7\xeb\x4a\x7c\x0f\x9e\x16\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\
                      \x51\xf5";
        let compressed = [&[3], &point[1..33]].concat();
        let mut changed = *point;
        changed[64] ^= 1;

        assert!(is_on_nist_curve(point, Algorithm::ES256));
        assert!(is_on_nist_curve(&compressed, Algorithm::ES256));
        assert!(!is_on_nist_curve(&changed, Algorithm::ES256));
        assert!(!is_on_nist_curve(point, Algorithm::ES384));
        assert!(!is_on_nist_curve(point, Algorithm::EdDSA));
        assert!(!is_on_nist_curve(&[0], Algorithm::ES256));
        assert!(!is_on_nist_curve(&[], Algorithm::ES256));
    }
}
