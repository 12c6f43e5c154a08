//! Which instruction set the library uses.

use gatewise::Sequential;
use gatewise::layers::{Dense, Input};
use gatewise::ndarray::ArrayD;
use gatewise_kernels::InstructionSet;

/// Its name. The first prediction of the library reads which one is wanted.
pub fn instruction_set() -> Result<&'static str, gatewise::Error> {
    let mut model = Sequential::new();
    model.add(Input::new([Some(1)]))?.add(Dense::new(1))?;
    model.predict_on_batch(&ArrayD::zeros(vec![1, 1]))?;
    Ok(InstructionSet::current().name())
}
