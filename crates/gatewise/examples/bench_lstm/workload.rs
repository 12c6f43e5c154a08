//! A job of `benchmarks/workloads.csv`, its data and its model.

use gatewise::functional::{Apply, KerasTensor, set_random_seed};
use gatewise::layers::{Bidirectional, Dense, Input, Lstm};
use gatewise::ndarray::ArrayD;
use gatewise::optimizers::Adam;
use gatewise::random::{RandomKey, normal_into};
use gatewise::{Compile, Model};

use super::Result;

/// Of the problem's weights and data.
const SEED: u64 = 20_260_101;

/// What the layers of a workload look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// LSTM layers one after the other, and one output from the last step.
    Stacked,
    /// The same of one layer, whose state lives on from call to call.
    Stream,
    /// One layer in both directions, and one output from both last states.
    Bidirectional,
    /// An encoder whose states start a decoder, which is given the right characters.
    Translation,
}

/// One line of the file.
pub struct Workload {
    pub trains: bool,
    pub form: Form,
    batch: usize,
    /// One number; of a translation those of the encoder and of the decoder, as the features are.
    steps: Vec<usize>,
    features: Vec<usize>,
    /// Of each LSTM layer.
    units: Vec<usize>,
    dropout: f32,
    recurrent_dropout: f32,
}

impl Workload {
    pub fn parse(line: &str) -> Result<Self> {
        let fields: Vec<&str> = line.split(',').collect();
        let [_, job, form, batch, steps, features, units, dropout, recurrent_dropout] = fields[..] else {
            return Err(format!("workload `{line}` has {} fields, expected 9", fields.len()).into());
        };
        Ok(Self {
            trains: job == "train",
            form: match form {
                "stacked" => Form::Stacked,
                "stream" => Form::Stream,
                "bidirectional" => Form::Bidirectional,
                "translation" => Form::Translation,
                other => return Err(format!("no model `{other}`").into()),
            },
            batch: batch.parse()?,
            steps: numbers(steps)?,
            features: numbers(features)?,
            units: numbers(units)?,
            dropout: dropout.parse()?,
            recurrent_dropout: recurrent_dropout.parse()?,
        })
    }

    /// Whether random masks take part, so that no two engines train to the same numbers.
    pub fn draws(&self) -> bool {
        self.dropout > 0.0 || self.recurrent_dropout > 0.0
    }

    /// The inputs and the target by the names that the problem gives to them. Numbers are normally distributed, characters
    /// one-hot.
    pub fn data(&self) -> Result<Vec<(String, ArrayD<f32>)>> {
        let (batch, steps, features) = (self.batch, &self.steps, &self.features);
        let named = |name: &str, array| (name.to_owned(), array);
        if self.form == Form::Translation {
            return Ok(vec![
                named("x", characters(1, [batch, steps[0], features[0]])?),
                named("given", characters(3, [batch, steps[1], features[1]])?),
                named("y", characters(2, [batch, steps[1], features[1]])?),
            ]);
        }
        let x = normal(1, &[batch, steps[0], features[0]])?;
        Ok(vec![named("x", x), named("y", normal(2, &[batch, 1])?)])
    }

    /// The compiled model with fresh weights; `stateful` keeps the state of a stream in its layer.
    pub fn model(&self, stateful: bool) -> Result<Model> {
        set_random_seed(SEED);
        let input = Input::new([Some(self.steps[0]), Some(self.features[0])]).tensor()?;
        let (model, loss) = match self.form {
            Form::Translation => (self.translation(&input)?, "categorical_crossentropy"),
            Form::Bidirectional => {
                let both = Bidirectional::new(Lstm::new(self.units[0])).apply(&input)?;
                (Model::new(&input, Dense::new(1).apply(&both)?)?, "mse")
            }
            Form::Stacked | Form::Stream => (self.stacked(&input, stateful)?, "mse"),
        };
        let mut model = model.with_seed(SEED);
        model.compile(Compile::new(Adam::default(), loss))?;
        Ok(model)
    }

    fn stacked(&self, input: &KerasTensor, stateful: bool) -> Result<Model> {
        let mut value = input.clone();
        for (index, units) in self.units.iter().enumerate() {
            let lstm = Lstm::new(*units).return_sequences(index + 1 < self.units.len()).stateful(stateful);
            value = lstm.dropout(self.dropout).recurrent_dropout(self.recurrent_dropout).apply(&value)?;
        }
        Ok(Model::new(input, Dense::new(1).apply(&value)?)?)
    }

    fn translation(&self, input: &KerasTensor) -> Result<Model> {
        let (units, classes) = (self.units[0], self.features[1]);
        let given = Input::new([Some(self.steps[1]), Some(classes)]).tensor()?;
        let encoded = Lstm::new(units).return_state(true).apply_all(input)?;
        let decoder = Lstm::new(units).return_sequences(true);
        let decoded = decoder.apply_all([&given, &encoded[1], &encoded[2]])?;
        let probabilities = Dense::new(classes).activation("softmax").apply(&decoded[0])?;
        Ok(Model::new([input, &given], probabilities)?)
    }

    /// The names that the problem gives to the weights, in the order of the model.
    pub fn weight_names(&self) -> Vec<String> {
        let layers = match self.form {
            // Forward and backward; encoder and decoder.
            Form::Bidirectional | Form::Translation => 2,
            Form::Stacked | Form::Stream => self.units.len(),
        };
        let of_lstm =
            |index| ["kernel", "recurrent_kernel", "bias"].map(|name| format!("lstm_{index}/{name}"));
        let dense = ["kernel", "bias"].map(|name| format!("dense/{name}"));
        (0..layers).flat_map(of_lstm).chain(dense).collect()
    }
}

/// Whole numbers with `+` between them.
fn numbers(field: &str) -> Result<Vec<usize>> {
    Ok(field.split('+').map(str::parse).collect::<std::result::Result<_, _>>()?)
}

fn normal(stream: u64, dims: &[usize]) -> Result<ArrayD<f32>> {
    let mut values = vec![0.0; dims.iter().product()];
    normal_into(RandomKey { seed: SEED, stream, step: 0 }, 0, &mut values);
    Ok(ArrayD::from_shape_vec(dims, values)?)
}

/// `[samples, steps, characters]`, one of the characters at each step.
fn characters(stream: u64, [samples, steps, count]: [usize; 3]) -> Result<ArrayD<f32>> {
    let mut one_hot = ArrayD::zeros(vec![samples, steps, count]);
    for ((sample, step), value) in
        normal(stream, &[samples, steps])?.indexed_iter().map(|(at, value)| ((at[0], at[1]), value))
    {
        // The digits behind the fourth are spread evenly.
        let character = (value.abs() * 1e4) as usize % count;
        one_hot[[sample, step, character].as_slice()] = 1.0;
    }
    Ok(one_hot)
}
