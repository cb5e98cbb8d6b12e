// SPDX-License-Identifier: Apache-2.0
#include "wire/reassembly.hh"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace nsrun::wire {
namespace {

constexpr size_t kUnitBytes = 8;  // fragment offsets count in these
constexpr size_t kMaxIpBytes = 65535;

// Room for the Ethernet header and the headers that fragments repeat. A sender who puts more than
// this before a fragment header is not one that we know.
constexpr size_t kMaxHeaderBytes = 128;
constexpr size_t kHeadroom = sizeof(EthernetHeader) + kMaxHeaderBytes;
constexpr size_t kFirstGrowthBytes = 4096;

size_t unit_count(size_t bytes) noexcept { return (bytes + kUnitBytes - 1) / kUnitBytes; }

// The longest data behind headers of `header_length`: an IPv4 total length counts all headers, an
// IPv6 payload length only what follows the first 40 bytes.
size_t max_data_bytes(bool is_v4, size_t header_length) noexcept {
  return kMaxIpBytes - (is_v4 ? header_length : header_length - sizeof(Ipv6Header));
}

bool is_well_formed(const Packet& packet) noexcept {
  const Fragment& fragment = *packet.fragment;
  const size_t length = packet.transport.size();
  if (fragment.more_fragments && length % kUnitBytes != 0) return false;
  if (fragment.header_length > kMaxHeaderBytes) return false;
  const bool is_atomic = fragment.offset_bytes == 0 && !fragment.more_fragments;
  if (length == 0 && !is_atomic) return false;
  return fragment.offset_bytes + length <= max_data_bytes(packet.is_v4, fragment.header_length);
}

}  // namespace

std::optional<base::Counter> drop_counter(FragmentStatus status) noexcept {
  switch (status) {
    case FragmentStatus::kMalformed:
      return base::Counter::kDroppedBadIp;
    case FragmentStatus::kOverlap:
      return base::Counter::kDroppedFragmentOverlap;
    case FragmentStatus::kNoMemory:
      return base::Counter::kDroppedFragmentMemory;
    case FragmentStatus::kHeld:
    case FragmentStatus::kComplete:
      break;
  }
  return std::nullopt;
}

Reassembled Reassembler::add(const Packet& packet, base::Time now) noexcept {
  if (!is_well_formed(packet)) return {FragmentStatus::kMalformed, {}};
  const Fragment& fragment = *packet.fragment;
  try {
    const bool is_atomic = fragment.offset_bytes == 0 && !fragment.more_fragments;
    return is_atomic ? add_atomic(packet) : add_part(packet, now);
  } catch (const std::bad_alloc&) {
    return {FragmentStatus::kNoMemory, {}};  // what is held is still whole
  }
}

Reassembled Reassembler::add_part(const Packet& packet, base::Time now) {
  const Fragment& fragment = *packet.fragment;
  const Key key{packet.source, packet.destination, fragment.identification,
                packet.is_v4 ? packet.protocol : uint8_t{0}};
  auto found = datagrams_.find(key);
  if (found == datagrams_.end()) {
    if (held_bytes_ + kEntryBytes > capacity_bytes_) return {FragmentStatus::kNoMemory, {}};
    found = datagrams_.try_emplace(key).first;
    held_bytes_ += kEntryBytes;
    found->second.deadline = now + kTimeout;
    earliest_deadline_ = std::min(earliest_deadline_, found->second.deadline);
  }
  Datagram& datagram = found->second;
  const FragmentStatus status = store(datagram, packet);
  if (status == FragmentStatus::kNoMemory && datagram.bytes.empty()) {
    held_bytes_ -= kEntryBytes;
    datagrams_.erase(found);
  }
  if (status != FragmentStatus::kComplete) return {status, {}};
  auto complete = datagrams_.extract(found);
  held_bytes_ -= charge(complete.mapped());
  return finish(complete.mapped());
}

// RFC 6946: a whole datagram behind a fragment header; other fragments with its id are not touched.
Reassembled Reassembler::add_atomic(const Packet& packet) {
  Datagram datagram;
  datagram.bytes.resize(kHeadroom + packet.transport.size());
  if (!packet.transport.empty()) {
    std::memcpy(&datagram.bytes[kHeadroom], packet.transport.data(), packet.transport.size());
  }
  keep_headers(datagram, packet);
  return finish(datagram);
}

FragmentStatus Reassembler::store(Datagram& datagram, const Packet& packet) {
  const Fragment& fragment = *packet.fragment;
  const size_t begin = fragment.offset_bytes;
  const size_t end = begin + packet.transport.size();
  if (datagram.is_spoiled) return FragmentStatus::kOverlap;
  if (contradicts_end(datagram, end, fragment.more_fragments)) return spoil(datagram);

  size_t units_held = 0;
  for (size_t unit = begin / kUnitBytes; unit < unit_count(end); ++unit) {
    units_held += datagram.units[unit] ? 1 : 0;
  }
  if (units_held != 0) {
    // An exact copy does no harm (RFC 8200 section 4.5).
    const bool is_copy =
        units_held == unit_count(end - begin) &&
        std::ranges::equal(packet.transport,
                           base::Bytes(datagram.bytes).subspan(kHeadroom + begin, end - begin));
    return is_copy ? FragmentStatus::kHeld : spoil(datagram);
  }

  if (!grow(datagram, end)) return FragmentStatus::kNoMemory;
  std::memcpy(&datagram.bytes[kHeadroom + begin], packet.transport.data(), end - begin);
  for (size_t unit = begin / kUnitBytes; unit < unit_count(end); ++unit) datagram.units.set(unit);
  datagram.received_bytes += end - begin;
  if (!fragment.more_fragments) datagram.total_bytes = end;
  if (begin == 0) keep_headers(datagram, packet);
  return datagram.received_bytes == datagram.total_bytes ? FragmentStatus::kComplete
                                                         : FragmentStatus::kHeld;
}

// Whether a fragment that stops at `end` cannot belong to what is known of the datagram's length.
bool Reassembler::contradicts_end(const Datagram& datagram, size_t end,
                                  bool more_fragments) noexcept {
  const size_t highest = datagram.bytes.empty() ? 0 : datagram.bytes.size() - kHeadroom;
  if (datagram.total_bytes != 0 && end > datagram.total_bytes) return true;
  return !more_fragments && (end < highest || (datagram.total_bytes != 0 && end != highest));
}

FragmentStatus Reassembler::spoil(Datagram& datagram) noexcept {
  held_bytes_ -= datagram.bytes.capacity();
  datagram.bytes = std::vector<std::byte>();
  datagram.is_spoiled = true;
  return FragmentStatus::kOverlap;
}

// Room for the first `data_bytes` of the data; false when the cap forbids it.
bool Reassembler::grow(Datagram& datagram, size_t data_bytes) {
  const size_t needed = kHeadroom + data_bytes;
  const size_t capacity = datagram.bytes.capacity();
  if (needed > capacity) {
    const size_t new_capacity = std::max({needed, 2 * capacity, kFirstGrowthBytes});
    if (held_bytes_ - capacity + new_capacity > capacity_bytes_) return false;
    datagram.bytes.reserve(new_capacity);
    held_bytes_ += datagram.bytes.capacity() - capacity;
  }
  if (needed > datagram.bytes.size()) datagram.bytes.resize(needed);
  return true;
}

// The headers of the first fragment become those of the datagram (RFC 8200 section 4.5); they stand
// right before the data.
void Reassembler::keep_headers(Datagram& datagram, const Packet& packet) noexcept {
  const size_t header_length = packet.fragment->header_length;
  std::byte* ip = datagram.bytes.data() + kHeadroom - header_length;
  std::memcpy(ip, packet.ip.data(), header_length);
  std::memcpy(ip - sizeof(EthernetHeader), &packet.ethernet, sizeof(EthernetHeader));
  datagram.is_v4 = packet.is_v4;
  datagram.header_length = header_length;
  datagram.next_header_offset = packet.fragment->next_header_offset;
  datagram.protocol = packet.protocol;
}

// Makes the headers those of an unfragmented datagram and moves it to completed_.
Reassembled Reassembler::finish(Datagram& datagram) noexcept {
  const size_t header_length = datagram.header_length;
  const size_t data_bytes = datagram.bytes.size() - kHeadroom;
  // The first fragment may have longer headers than those that is_well_formed() saw.
  if (data_bytes > max_data_bytes(datagram.is_v4, header_length)) {
    return {FragmentStatus::kMalformed, {}};
  }
  const size_t ip_start = kHeadroom - header_length;
  completed_ = std::move(datagram.bytes);
  const base::MutableBytes ip = base::MutableBytes(completed_).subspan(ip_start);
  if (datagram.is_v4) {
    auto header = load_header<Ipv4Header>(ip);
    header.total_length = static_cast<uint16_t>(ip.size());
    header.flags_and_offset = uint16_t{0};
    store_header(ip, header);
    set_ipv4_checksum(ip.first(header_length));
  } else {
    auto header = load_header<Ipv6Header>(ip);
    header.payload_length = static_cast<uint16_t>(ip.size() - sizeof(Ipv6Header));
    store_header(ip, header);
    ip[datagram.next_header_offset] = std::byte{datagram.protocol};
  }
  return {FragmentStatus::kComplete,
          base::MutableBytes(completed_).subspan(ip_start - sizeof(EthernetHeader))};
}

size_t Reassembler::charge(const Datagram& datagram) noexcept {
  return kEntryBytes + datagram.bytes.capacity();
}

size_t Reassembler::expire(base::Time now) noexcept {
  if (now < earliest_deadline_) return 0;
  size_t dropped = 0;
  earliest_deadline_ = base::kNever;
  for (auto datagram = datagrams_.begin(); datagram != datagrams_.end();) {
    const auto current = datagram++;
    if (current->second.deadline <= now) {
      dropped += current->second.is_spoiled ? 0 : 1;
      held_bytes_ -= charge(current->second);
      datagrams_.erase(current);
    } else {
      earliest_deadline_ = std::min(earliest_deadline_, current->second.deadline);
    }
  }
  return dropped;
}

}  // namespace nsrun::wire
