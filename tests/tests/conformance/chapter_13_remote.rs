//! Chapter 13.3: the table of orders for radios is the code's.

use std::fmt::Write as _;
use std::fs;

use trunklab_protocol::operator::Order;
use trunklab_protocol::remote::{ShownBy, Waits};
use trunklab_protocol::{Condition, TalkgroupId, UnitId};
use trunklab_tests::tree::root;

/// Every order that is for a radio, in the order of clause 13.3.1.
fn orders() -> [Order; 7] {
    let (unit, listener) = (UnitId::new(1017).unwrap(), UnitId::new(1018).unwrap());
    let talkgroup = TalkgroupId::new(41).unwrap();
    [
        Order::Stun { unit },
        Order::Revive { unit },
        Order::Kill { unit },
        Order::CheckRadio { unit },
        Order::Regroup { unit, talkgroup, locked: true },
        Order::RestoreGroups { unit },
        Order::Monitor { unit, listener },
    ]
}

fn row(order: &Order) -> String {
    let (_, of_radio) = order.for_radio().unwrap();
    let rule = of_radio.rule();
    let name = serde_json::to_value(order).unwrap()["order"].as_str().unwrap().to_owned();
    let right = serde_json::to_value(order.right()).unwrap().as_str().unwrap().to_owned();
    let cell = |text: Option<&str>| text.map_or_else(|| " ".to_owned(), |text| format!(" {text} "));
    let condition = |condition: Option<Condition>| {
        cell(condition.map(|condition| match condition {
            Condition::Active => "active",
            Condition::Stunned => "stunned",
            Condition::Killed => "killed",
        }))
    };
    let shown_by = match rule.shown_by {
        ShownBy::Answer => "the radio's answer",
        ShownBy::ProvedAnswer => "the radio's answer, once the network has proved itself",
        ShownBy::CallRequest => "the radio's request for the call",
    };
    let waits = match rule.waits {
        Waits::Lastingly => "until it is confirmed",
        Waits::Minute => "for a minute",
    };
    let (given, confirmed) = (condition(rule.when_given), condition(rule.when_confirmed));
    format!("| `{name}` | {} | `{right}` |{given}|{confirmed}| {shown_by} | {waits} |", rule.name)
}

#[test]
fn the_table_of_radio_orders_is_the_codes() {
    let mut wanted = String::from(
        "| Order | Word | Right | In the register when it is taken | In the register when it is confirmed | Confirmed by | \
         Waits |\n|---|---|---|---|---|---|---|\n",
    );
    for order in orders() {
        writeln!(wanted, "{}", row(&order)).unwrap();
    }
    let text = fs::read_to_string(root().join("docs/services.md")).unwrap();
    let (_, rest) = text.split_once("<!-- radio orders -->\n").unwrap();
    let (found, _) = rest.split_once("<!-- end of radio orders -->").unwrap();
    assert_eq!(found, wanted, "docs/services.md 13.3.1 is stale; between its marks this belongs:\n{wanted}");
}
