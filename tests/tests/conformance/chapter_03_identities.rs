//! Chapter 3: numbers have exactly the ranges that the specification names.

use trunklab_protocol::channel_plan::PlanChannel;
use trunklab_protocol::field::Field;
use trunklab_protocol::network::{CarrierNumber, Incarnation, NodeId, Press, SlotNumber, SpurtId};
use trunklab_protocol::proof::{Challenge, NetworkAnswer, Proof, Response, Seal, SessionKey, VoiceKey};
use trunklab_protocol::{
    Antenna, AreaChoice, AreaId, Epoch, Imei, Imsi, MastId, Msisdn, OrderNumber, Priority, SiteId,
    StatusNumber, TalkgroupId, Tmsi, UnitId,
};
use trunklab_tests::specification::Specification;

/// Whether all the octets are one value of the encoding, and give themselves back.
fn reads<T: Field>(octets: &[u8]) -> bool {
    let Ok(([], value)) = T::take(octets) else { return false };
    let mut again = bytes::BytesMut::new();
    value.put(&mut again);
    assert_eq!(&again[..], octets, "{}", T::KIND);
    true
}

type Reader = fn(&[u8]) -> bool;

/// Every number that the code knows.
fn readers() -> Vec<(String, usize, Reader)> {
    macro_rules! readers {
        ($($type:ident)*) => { vec![$(($type::KIND.to_string(), $type::LEAST, reads::<$type> as Reader),)*] };
    }
    readers!(u8 u16 u32 u64 i8 i16 i32 UnitId TalkgroupId Imei Imsi Msisdn Tmsi SiteId AreaId AreaChoice Antenna MastId NodeId CarrierNumber
        SlotNumber Epoch Incarnation SpurtId Press OrderNumber Priority StatusNumber Proof)
}

fn octets(value: i128, width: usize) -> Vec<u8> {
    value.to_be_bytes()[16 - width..].to_vec()
}

#[test]
fn ranges_in_code_and_specification_are_the_same_to_the_last_value() {
    let specification = Specification::read();
    let rows: Vec<_> = specification
        .tables
        .iter()
        .filter(|table| table.header.get(2).is_some_and(|column| column == "Least"))
        .flat_map(|table| &table.rows)
        .collect();
    let readers = readers();
    assert_eq!(rows.len(), readers.len(), "as many numbers are specified as the code knows");
    for row in rows {
        let (_, width, read) = readers
            .iter()
            .find(|(name, ..)| *name == row[0])
            .unwrap_or_else(|| panic!("the code knows no `{}`", row[0]));
        assert_eq!(row[1], width.to_string(), "octets of `{}`", row[0]);
        let (least, greatest): (i128, i128) = (row[2].parse().unwrap(), row[3].parse().unwrap());
        assert!(read(&octets(least, *width)) && read(&octets(greatest, *width)), "ends of `{}`", row[0]);

        let signed = least < 0;
        let lowest = if signed { -(1_i128 << (8 * width - 1)) } else { 0 };
        let highest = (1_i128 << (8 * width - usize::from(signed))) - 1;
        if least > lowest {
            assert!(!read(&octets(least - 1, *width)), "`{}` must refuse {}", row[0], least - 1);
        }
        if greatest < highest {
            assert!(!read(&octets(greatest + 1, *width)), "`{}` must refuse {}", row[0], greatest + 1);
        }
        assert!(!read(&octets(greatest, *width)[1..]), "`{}` must refuse to be cut", row[0]);
    }
}

#[test]
fn fixed_octets_have_the_specified_length() {
    let specification = Specification::read();
    let table = specification.under("Fixed octets").unwrap();
    let lengths = [
        (SessionKey::KIND, SessionKey::LEAST),
        (VoiceKey::KIND, VoiceKey::LEAST),
        (Challenge::KIND, Challenge::LEAST),
        (Response::KIND, Response::LEAST),
        (Seal::KIND, Seal::LEAST),
        (NetworkAnswer::KIND, NetworkAnswer::LEAST),
    ];
    let specified: Vec<_> = table.rows.iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let in_code: Vec<_> = lengths.iter().map(|(kind, len)| (kind.to_string(), len.to_string())).collect();
    assert_eq!(specified, in_code);
}

/// Clause 3.2.6.
#[test]
fn the_channel_plan_ends_at_six_hundred_in_json_too() {
    for (number, allowed) in [(0, false), (1, true), (600, true), (601, false)] {
        assert_eq!(PlanChannel::new(number).is_some(), allowed, "{number}");
        assert_eq!(serde_json::from_str::<PlanChannel>(&number.to_string()).is_ok(), allowed, "{number}");
    }
}
