//! What the agents think with, from the run's options.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use anyhow::ensure;

use crate::{
    config::ConfigError,
    engine::{Models, Voice},
    reason::{Reasoner, extractive::Extractive, prompted::Prompted},
    run::{EXTRACTIVE, Options, Role},
};

use super::{Catalogue, voices::Voices};

#[derive(Clone)]
pub struct Mind {
    pub reasoner: Arc<dyn Reasoner>,
    pub models: Option<Models>,
}

impl Mind {
    /// The reasoner that `options` name: `extractive`, or one that asks the model of each role.
    ///
    /// # Errors
    /// When a model is none, its key or script is missing, or dollars are capped and its price is unknown.
    pub fn of(options: &Options, catalogue: &Catalogue) -> anyhow::Result<Self> {
        let wrong = |role: Role, reason: &str| {
            catalogue.origins.blame(&format!("roles.{role}"), options.roles.get(&role).map_or("", |spec| spec), reason)
        };
        if options.model == EXTRACTIVE {
            let role = options.roles.keys().next();
            let why = "extractive asks no model; name one for the run too";
            return match role {
                Some(role) => Err(wrong(*role, why).into()),
                None => Ok(Mind { reasoner: Arc::new(Extractive::new(options.seed)), models: None }),
            };
        }
        let mut voices = Voices::new(options, catalogue);
        let all = voices.voice("model", &options.model)?;
        let mut roles = BTreeMap::new();
        for (role, spec) in &options.roles {
            ensure!(spec != EXTRACTIVE, wrong(*role, "a role needs a model; extractive asks none"));
            roles.insert(*role, voices.voice(&format!("roles.{role}"), spec)?);
        }
        for voice in std::iter::once(&all).chain(roles.values()) {
            payable(options, catalogue, voice)?;
        }
        let reasoner = Arc::new(Prompted::new(names(options), options.method.clone()));
        Ok(Mind { reasoner, models: Some(Models::new(all, roles).with_maker(Arc::new(voices.later()))) })
    }
}

/// Makes minds for runs when they are needed: a run that is only looked at asks for no key.
#[derive(Clone)]
pub struct Minds {
    catalogue: Arc<Catalogue>,
    /// Nobody is asked twice for one key.
    made: Arc<Mutex<Vec<(Options, Mind)>>>,
}

impl Minds {
    #[must_use]
    pub fn new(catalogue: Catalogue) -> Self {
        Minds { catalogue: Arc::new(catalogue), made: Arc::default() }
    }

    /// With one that is there already.
    #[must_use]
    pub fn with(self, options: &Options, mind: Mind) -> Self {
        self.made().push((options.clone(), mind));
        self
    }

    fn made(&self) -> MutexGuard<'_, Vec<(Options, Mind)>> {
        self.made.lock().expect("nobody panics while holding the minds")
    }

    /// # Errors
    /// As [`Mind::of`].
    pub fn of(&self, options: &Options) -> anyhow::Result<Mind> {
        let known = self.made().iter().find(|(of, _)| of == options).map(|(_, mind)| mind.clone());
        if let Some(mind) = known {
            return Ok(mind);
        }
        let mind = Mind::of(options, &self.catalogue)?;
        self.made().push((options.clone(), mind.clone()));
        Ok(mind)
    }
}

/// Dollars can be capped only where calls have a price.
pub(super) fn payable(options: &Options, catalogue: &Catalogue, voice: &Voice) -> Result<(), ConfigError> {
    let limits = &options.limits;
    let caps = [("budget.usd", limits.run), ("budget.agent_usd", limits.agent), ("budget.task_usd", limits.task)];
    let capped = caps.into_iter().find_map(|(setting, cap)| Some((setting, cap.usd?)));
    match capped {
        Some((setting, usd)) if voice.price.is_none() => {
            let name = voice.model.name();
            let reason = format!(
                "the price of {name} is not known, so its dollars cannot be capped: say it in [prices.{name:?}], or cap \
                 tokens with --budget-tokens"
            );
            Err(catalogue.origins.blame(setting, &usd.to_string(), &reason))
        }
        _ => Ok(()),
    }
}

/// The run's model, and those of roles that have another.
fn names(options: &Options) -> String {
    let others = options.roles.iter().filter(|(_, spec)| **spec != options.model);
    let others: Vec<String> = others.map(|(role, spec)| format!("{role}: {spec}")).collect();
    match others.is_empty() {
        true => options.model.clone(),
        false => format!("{} ({})", options.model, others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{CallKind, Cap, Limits};

    fn mind(options: &Options) -> Result<Mind, String> {
        Mind::of(options, &Catalogue::shipped()).map_err(|error| error.to_string())
    }

    fn name(model: &str, base_url: Option<&str>) -> Result<String, String> {
        let options = Options { model: model.into(), base_url: base_url.map(str::to_owned), ..Options::default() };
        let name = |models: Models| models.of(CallKind::Reason).model.name().to_owned();
        Ok(mind(&options)?.models.map_or_else(String::new, name))
    }

    #[test]
    fn a_server_of_ones_own_needs_no_key() {
        let own = Some("http://localhost:11434/v1");
        assert_eq!(name("openai:llama3.1", own).unwrap(), "openai:llama3.1");
        assert_eq!(name("groq:llama3.1", own).unwrap(), "groq:llama3.1");
        assert_eq!(name("anthropic:m", own).unwrap(), "anthropic:m");
        assert_eq!(name("lmstudio:tiny", None).unwrap(), "lmstudio:tiny");
    }

    #[test]
    fn an_address_in_the_spec_is_not_overridden() {
        let spec = "http://127.0.0.1:8080/v1#m";
        // An override would be refused here for what it is.
        assert_eq!(name(spec, Some("nonsense")).unwrap(), spec);
        assert!(name("ollama:m", Some("nonsense")).unwrap_err().contains("the base URL is no address"));
    }

    #[test]
    fn the_embedded_reasoner_has_no_model() {
        assert_eq!(name("extractive", None).unwrap(), "");
    }

    fn roles(model: &str, roles: &[(Role, &str)]) -> Options {
        let roles = roles.iter().map(|(role, spec)| (*role, (*spec).to_owned())).collect();
        Options { model: model.into(), roles, ..Options::default() }
    }

    #[test]
    fn each_role_has_its_model() {
        let options = roles("ollama:a", &[(Role::Verify, "lmstudio:b"), (Role::Finalize, "ollama:a")]);
        let Mind { reasoner, models } = mind(&options).unwrap();
        let models = models.unwrap();
        assert_eq!(models.of(CallKind::Verify).model.name(), "lmstudio:b");
        assert_eq!(models.of(CallKind::Redundancy).model.name(), "lmstudio:b");
        assert_eq!(models.of(CallKind::Reason).model.name(), "ollama:a");
        assert_eq!(reasoner.name(), "ollama:a (verify: lmstudio:b)");
    }

    #[test]
    fn roles_and_the_reasoner_without_a_model_do_not_go_together() {
        let said = |model, role| mind(&roles(model, &[(Role::Verify, role)])).err().unwrap();
        assert!(said("extractive", "ollama:a").contains("roles.verify = \"ollama:a\": extractive asks no model"));
        assert!(said("ollama:a", "extractive").contains("a role needs a model"));
    }

    #[test]
    fn dollars_are_capped_only_where_every_price_is_known() {
        let limits = Limits { task: Cap { usd: Some(1.0), tokens: None }, ..Limits::default() };
        let capped = |options: Options| mind(&Options { limits, ..options }).map(drop);
        assert_eq!(capped(roles("ollama:a", &[(Role::Verify, "lmstudio:b")])), Ok(()));
        let said = capped(roles("ollama:a", &[(Role::Verify, "http://gpu.lan/v1#b")])).unwrap_err();
        assert!(said.starts_with("budget.task_usd = \"1\": the price of http://gpu.lan/v1#b is not known"), "{said}");
        assert!(said.contains("[prices.\"http://gpu.lan/v1#b\"]") && said.contains("--budget-tokens"), "{said}");
    }
}
