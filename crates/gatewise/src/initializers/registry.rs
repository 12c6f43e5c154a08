//! Initializers by name and by configuration.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::*;
use crate::serialization::{self, Class, from_config};

const MODULE: &str = "keras.initializers";
const KIND: &str = "initializer";

type Config = Map<String, Value>;
type Created = Result<Arc<dyn Initializer>>;

const CLASSES: &[Class<Arc<dyn Initializer>>] = &[
    Class { names: &["zeros", "Zeros", "zero"], create: zeros },
    Class { names: &["ones", "Ones", "one"], create: ones },
    Class { names: &["constant", "Constant"], create: |config| create::<Constant>("Constant", config) },
    Class {
        names: &["identity", "Identity", "IdentityInitializer"],
        create: |config| create::<Identity>("Identity", config),
    },
    Class {
        names: &["random_normal", "RandomNormal", "normal"],
        create: |config| create::<RandomNormal>("RandomNormal", config),
    },
    Class {
        names: &["truncated_normal", "TruncatedNormal"],
        create: |config| create::<TruncatedNormal>("TruncatedNormal", config),
    },
    Class {
        names: &["random_uniform", "RandomUniform", "uniform"],
        create: |config| create::<RandomUniform>("RandomUniform", config),
    },
    Class {
        names: &["variance_scaling", "VarianceScaling"],
        create: |config| create::<VarianceScaling>("VarianceScaling", config),
    },
    Class {
        names: &["glorot_uniform", "GlorotUniform"],
        create: |config| create::<GlorotUniform>("GlorotUniform", config),
    },
    Class {
        names: &["glorot_normal", "GlorotNormal"],
        create: |config| create::<GlorotNormal>("GlorotNormal", config),
    },
    Class { names: &["he_uniform", "HeUniform"], create: |config| create::<HeUniform>("HeUniform", config) },
    Class { names: &["he_normal", "HeNormal"], create: |config| create::<HeNormal>("HeNormal", config) },
    Class {
        names: &["lecun_uniform", "LecunUniform"],
        create: |config| create::<LecunUniform>("LecunUniform", config),
    },
    Class {
        names: &["lecun_normal", "LecunNormal"],
        create: |config| create::<LecunNormal>("LecunNormal", config),
    },
    Class {
        names: &["orthogonal", "Orthogonal", "OrthogonalInitializer"],
        create: |config| create::<Orthogonal>("Orthogonal", config),
    },
];

fn create<I>(class_name: &str, config: Config) -> Created
where
    I: Initializer + Serialize + DeserializeOwned + 'static,
{
    let initializer: I = from_config(class_name, config)?;
    initializer.check()?;
    Ok(Arc::new(initializer))
}

fn zeros(config: Config) -> Created {
    serialization::no_config("Zeros", &config)?;
    Ok(Arc::new(Zeros))
}

fn ones(config: Config) -> Created {
    serialization::no_config("Ones", &config)?;
    Ok(Arc::new(Ones))
}

/// The initializer of a name such as `glorot_uniform` or `GlorotUniform`, with its defaults.
///
/// # Errors
/// If there is no initializer of this name.
pub fn get(name: &str) -> Result<Arc<dyn Initializer>> {
    serialization::create(KIND, CLASSES, name, Map::new())
}

/// The initializer that Keras's `serialize` described; a bare name is also accepted.
///
/// # Errors
/// If the class or an argument is unknown, or an argument is outside its range.
pub fn deserialize(value: &Value) -> Result<Arc<dyn Initializer>> {
    let (class_name, config) = serialization::unwrap(KIND, value)?;
    // It has no defaults and so is none of the names that a user can give.
    if class_name == DirectTensor::CLASS_NAME {
        return create::<DirectTensor>(class_name, config);
    }
    serialization::create(KIND, CLASSES, class_name, config)
}

/// Class and arguments of an initializer, as Keras's `serialize` gives them.
pub fn serialize(initializer: &dyn Initializer) -> Value {
    serialization::wrap(MODULE, initializer.class_name(), initializer.config())
}
