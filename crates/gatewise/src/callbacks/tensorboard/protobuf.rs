//! The few protocol buffer messages of event files, encoded by hand.
//!
//! ```text
//! Event           1 wall_time: double, 2 step: int64, 3 file_version: string, 5 summary: Summary
//! Summary         1 value: repeated Value
//! Value           1 tag: string, 8 tensor: Tensor, 9 metadata: Metadata
//! Metadata        1 plugin_data: {1 plugin_name: string, 2 content: bytes}, 4 data_class: enum
//! Tensor          1 dtype: enum, 2 tensor_shape: {2 dim: repeated {1 size: int64}}, 4 tensor_content: bytes,
//!                 8 string_val: repeated bytes
//! ```
//!
//! Source: `tensorboard/compat/proto/{event,summary,tensor}.proto`, <https://protobuf.dev/programming-guides/encoding>.

/// A message as bytes.
#[derive(Debug, Clone, Default)]
pub(super) struct Message(Vec<u8>);

impl Message {
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// A whole number in field `field`; 0 is the default and is left out.
    pub fn integer(mut self, field: u32, value: u64) -> Self {
        if value != 0 {
            self.varint(u64::from(field) << 3);
            self.varint(value);
        }
        self
    }

    /// A real number of 64 bits.
    pub fn double(mut self, field: u32, value: f64) -> Self {
        self.varint(u64::from(field) << 3 | 1);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// Bytes, a text or a message inside.
    pub fn bytes(mut self, field: u32, value: &[u8]) -> Self {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend(value);
        self
    }

    pub fn message(self, field: u32, value: Self) -> Self {
        self.bytes(field, &value.0)
    }

    /// Seven bits a byte, the lowest first; the highest bit of a byte says that there are more.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}
