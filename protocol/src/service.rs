//! What a subscriber may have the right to (docs/services.md 13.1.3).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::field::octet_enum;

octet_enum! {
    /// A service that needs a right.
    pub enum Service {
        /// Calls with the telephone network.
        Telephone = 0,
        /// Packet data.
        Data = 1,
        /// The choice of where a call is heard.
        AreaSelection = 2,
        /// Emergencies.
        Emergency = 3,
        /// Calls to another unit.
        Individual = 4,
    }
}

impl Service {
    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Telephone => "telephone",
            Self::Data => "data",
            Self::AreaSelection => "area_selection",
            Self::Emergency => "emergency",
            Self::Individual => "individual",
        }
    }

    /// The service of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|service| service.name() == name)
    }
}

/// A set of services.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<Service>", into = "Vec<Service>")]
pub struct Services(u8);

impl Services {
    /// All of them.
    pub const ALL: Self = Self((1 << Service::ALL.len()) - 1);
    /// None of them.
    pub const NONE: Self = Self(0);

    /// The set with these bits, the service of number 0 the lowest; `None` where one stands for no service.
    pub const fn new(bits: u8) -> Option<Self> {
        if bits & !Self::ALL.0 == 0 { Some(Self(bits)) } else { None }
    }

    /// One bit for each service, that of number 0 the lowest.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether a service is among them.
    pub const fn contains(self, service: Service) -> bool {
        self.0 & (1 << service.code()) != 0
    }

    /// With another one.
    #[must_use]
    pub const fn with(self, service: Service) -> Self {
        Self(self.0 | 1 << service.code())
    }

    /// Without one.
    #[must_use]
    pub const fn without(self, service: Service) -> Self {
        Self(self.0 & !(1 << service.code()))
    }

    /// The services in order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = Service> {
        Service::ALL.iter().copied().filter(move |service| self.contains(*service))
    }
}

/// A subscriber has every right that nobody took.
impl Default for Services {
    fn default() -> Self {
        Self::ALL
    }
}

impl FromIterator<Service> for Services {
    fn from_iter<I: IntoIterator<Item = Service>>(services: I) -> Self {
        services.into_iter().fold(Self::NONE, Self::with)
    }
}

impl From<Vec<Service>> for Services {
    fn from(services: Vec<Service>) -> Self {
        services.into_iter().collect()
    }
}

impl From<Services> for Vec<Service> {
    fn from(services: Services) -> Self {
        services.iter().collect()
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        let set: Services = [Service::Individual, Service::Telephone].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [Service::Telephone, Service::Individual]);
        assert_eq!(set.without(Service::Telephone).bits(), 0b1_0000);
        assert_eq!(Services::new(set.bits()), Some(set));
        assert_eq!(Services::new(0b10_0000), None, "there is no sixth service");
        assert!(Service::ALL.iter().all(|service| Services::ALL.contains(*service)));
    }

    #[test]
    fn a_set_is_written_as_the_names_of_its_services() {
        let text = serde_json::to_string(&Services::ALL.without(Service::Data)).unwrap();
        assert_eq!(text, r#"["telephone","area_selection","emergency","individual"]"#);
        assert_eq!(serde_json::from_str::<Services>(&text).unwrap(), Services::ALL.without(Service::Data));
        for service in Service::ALL {
            assert_eq!(Service::named(service.name()), Some(*service));
            assert_eq!(serde_json::to_value(service).unwrap(), service.name());
        }
    }
}
