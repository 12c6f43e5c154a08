//! What the functions of this module take for an array.

use ndarray::{ArrayBase, ArrayD, Data, Dimension, IxDyn};

use crate::error::{Error, Result};

/// NumPy's array-like: an array of any rank, or a list of numbers.
pub trait ArrayLike {
    /// The numbers as an array of `f32`.
    ///
    /// # Errors
    /// If a whole number is not one that `f32` can hold.
    fn to_array(&self) -> Result<ArrayD<f32>>;
}

/// A number that can be given in a list or an array.
pub trait Number: Copy {
    /// The number in single precision; fractions are rounded.
    ///
    /// # Errors
    /// If it is a whole number that `f32` cannot hold.
    fn to_f32(self) -> Result<f32>;
}

impl Number for f32 {
    fn to_f32(self) -> Result<f32> {
        Ok(self)
    }
}

impl Number for f64 {
    fn to_f32(self) -> Result<f32> {
        Ok(self as f32)
    }
}

macro_rules! whole_numbers {
    ($($kind:ty),+) => {$(
        impl Number for $kind {
            fn to_f32(self) -> Result<f32> {
                let narrow = self as f32;
                if narrow as i128 == self as i128 {
                    return Ok(narrow);
                }
                Err(Error::data("array", format!("expected whole numbers that f32 can hold, got {self}")))
            }
        }
    )+};
}

whole_numbers!(u8, u16, u32, u64, usize, i32, i64);

impl<T: Number> ArrayLike for [T] {
    fn to_array(&self) -> Result<ArrayD<f32>> {
        let numbers = self.iter().map(|number| number.to_f32()).collect::<Result<Vec<f32>>>()?;
        Ok(ArrayD::from_shape_vec(IxDyn(&[self.len()]), numbers).expect("one axis holds them all"))
    }
}

impl<T: Number, const N: usize> ArrayLike for [T; N] {
    fn to_array(&self) -> Result<ArrayD<f32>> {
        self.as_slice().to_array()
    }
}

impl<T: Number> ArrayLike for Vec<T> {
    fn to_array(&self) -> Result<ArrayD<f32>> {
        self.as_slice().to_array()
    }
}

impl<T: Number, S: Data<Elem = T>, D: Dimension> ArrayLike for ArrayBase<S, D> {
    fn to_array(&self) -> Result<ArrayD<f32>> {
        let numbers = self.iter().map(|number| number.to_f32()).collect::<Result<Vec<f32>>>()?;
        Ok(ArrayD::from_shape_vec(IxDyn(self.shape()), numbers).expect("the shape is that of the numbers"))
    }
}

impl<A: ArrayLike + ?Sized> ArrayLike for &A {
    fn to_array(&self) -> Result<ArrayD<f32>> {
        (**self).to_array()
    }
}
