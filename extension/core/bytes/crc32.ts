// A checksum that tells texts apart which are too long to be shown. https://www.rfc-editor.org/rfc/rfc1952#section-8

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** @param before the checksum of the bytes that stand before these */
export function crc32(bytes: Uint8Array, before = 0): number {
  let value = ~before;
  for (const byte of bytes) value = (value >>> 8) ^ table[(value ^ byte) & 255];
  return ~value >>> 0;
}
