// SPDX-License-Identifier: Apache-2.0
#include "wire/checksum.hh"

#include <bit>
#include <cstring>

namespace nsrun::wire {
namespace {

// Two 64-bit lanes. Each takes 32 bits of data at a time, so it cannot overflow within 2^32 steps;
// separate lanes for the lower and upper halves keep four additions independent (measured 2026:
// with 16-byte vectors g++ 12 sums 14 GB/s, with an add-with-carry chain 10, scalar lanes 5).
using Lanes = uint64_t __attribute__((vector_size(16)));

Lanes load_lanes(const std::byte* from) noexcept {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

uint64_t fold_to_16_bits(uint64_t sum) noexcept {
  sum = (sum >> 32) + (sum & 0xffffffff);
  sum = (sum >> 32) + (sum & 0xffffffff);
  sum = (sum >> 16) + (sum & 0xffff);
  return (sum >> 16) + (sum & 0xffff);
}

// At most 8 bytes, as if zero bytes followed. The two halves never overflow a 64-bit sum.
uint64_t sum_word(const std::byte* from, size_t length) noexcept {
  uint64_t word = 0;
  std::memcpy(&word, from, length);
  return (word >> 32) + (word & 0xffffffff);
}

// The native-endian words of one span, folded.
uint64_t sum_span(base::Bytes bytes) noexcept {
  const std::byte* from = bytes.data();
  size_t left = bytes.size();
  Lanes low_a{}, low_b{}, high_a{}, high_b{};
  for (; left >= 32; from += 32, left -= 32) {
    const Lanes a = load_lanes(from);
    const Lanes b = load_lanes(from + 16);
    low_a += a & 0xffffffff;
    high_a += a >> 32;
    low_b += b & 0xffffffff;
    high_b += b >> 32;
  }
  const Lanes lanes = low_a + low_b + high_a + high_b;
  uint64_t sum = lanes[0] + lanes[1];
  for (; left >= 8; from += 8, left -= 8) sum += sum_word(from, 8);
  if (left != 0) sum += sum_word(from, left);
  return fold_to_16_bits(sum);
}

base::MutableBytes checksum_field(base::MutableBytes transport, size_t offset) noexcept {
  NSRUN_CHECK(transport.size() >= 2 && offset <= transport.size() - 2);
  return transport.subspan(offset, 2);
}

void store_checksum(base::MutableBytes field, uint16_t checksum) noexcept {
  base::store_big_endian<uint16_t>(field.data(), checksum != 0 ? checksum : uint16_t{0xffff});
}

}  // namespace

void ChecksumAccumulator::add(base::Bytes bytes) noexcept {
  const uint64_t folded = sum_span(bytes);
  // At an odd position every byte counts for the other half of its word (RFC 1071 section 2, B).
  sum_ += is_odd_ ? base::detail::swap_bytes(static_cast<uint16_t>(folded)) : folded;
  is_odd_ ^= (bytes.size() % 2) != 0;
}

void ChecksumAccumulator::add_pseudo_header(const IpAddress& source, const IpAddress& destination,
                                            uint8_t protocol, size_t length) noexcept {
  NSRUN_CHECK(!is_odd_ && source.is_v4() == destination.is_v4());
  add(source.header_bytes());
  add(destination.header_bytes());
  // The v4 form has 16 bits of length, the v6 form 32: the same sum.
  const base::Be32 length_field = static_cast<uint32_t>(length);
  const base::Be16 protocol_field = protocol;
  add(base::bytes_of(length_field));
  add(base::bytes_of(protocol_field));
}

uint16_t ChecksumAccumulator::sum() const noexcept {
  return base::to_big_endian(static_cast<uint16_t>(fold_to_16_bits(sum_)));
}

uint16_t internet_checksum(base::Bytes bytes) noexcept {
  ChecksumAccumulator accumulator;
  accumulator.add(bytes);
  return accumulator.finish();
}

void set_transport_checksum(base::MutableBytes transport, size_t checksum_offset,
                            const IpAddress& source, const IpAddress& destination,
                            uint8_t protocol) noexcept {
  const base::MutableBytes field = checksum_field(transport, checksum_offset);
  base::store_big_endian<uint16_t>(field.data(), 0);
  ChecksumAccumulator accumulator;
  accumulator.add_pseudo_header(source, destination, protocol, transport.size());
  accumulator.add(transport);
  store_checksum(field, accumulator.finish());
}

bool has_valid_transport_checksum(base::Bytes transport, const IpAddress& source,
                                  const IpAddress& destination, uint8_t protocol) noexcept {
  ChecksumAccumulator accumulator;
  accumulator.add_pseudo_header(source, destination, protocol, transport.size());
  accumulator.add(transport);
  return accumulator.finish() == 0;
}

bool complete_partial_checksum(base::MutableBytes frame, size_t checksum_start,
                               size_t checksum_offset) noexcept {
  if (checksum_start > frame.size()) return false;
  const base::MutableBytes covered = frame.subspan(checksum_start);
  if (covered.size() < 2 || checksum_offset > covered.size() - 2) return false;
  store_checksum(covered.subspan(checksum_offset, 2), internet_checksum(covered));
  return true;
}

}  // namespace nsrun::wire
