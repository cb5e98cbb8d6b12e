// SPDX-License-Identifier: Apache-2.0
#include "wire/pcapng.hh"

#include <cstring>
#include <string_view>

#include "base/error.hh"

namespace nsrun::wire::pcapng {
namespace {

constexpr uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr uint16_t kLinkTypeEthernet = 1;
constexpr uint64_t kUnknownSectionLength = UINT64_MAX;
constexpr uint8_t kNanoseconds = 9;
constexpr size_t kMostOpeningBytes = 128;

// Codes of options.
constexpr uint16_t kEnd = 0;
constexpr uint16_t kFlags = 2;                // of a packet
constexpr uint16_t kUserApplication = 4;      // of a section
constexpr uint16_t kTimestampResolution = 9;  // of an interface
constexpr uint16_t kReceived = 4;             // of statistics
constexpr uint16_t kDropped = 5;

constexpr size_t padding(size_t length) noexcept { return (4 - length % 4) % 4; }

// In this machine's byte order.
template <typename Integer>
void put(base::ByteWriter& writer, Integer value) noexcept {
  writer.write(base::bytes_of(value));
}

void put_option(base::ByteWriter& writer, uint16_t code, base::Bytes value) noexcept {
  put(writer, code);
  put(writer, static_cast<uint16_t>(value.size()));
  writer.write(value);
  writer.fill(padding(value.size()), std::byte{0});
}

void put_end_of_options(base::ByteWriter& writer) noexcept { put_option(writer, kEnd, {}); }

void put_time(base::ByteWriter& writer, base::Duration time) noexcept {
  const auto nanoseconds = static_cast<uint64_t>(time.count());
  put(writer, static_cast<uint32_t>(nanoseconds >> 32));
  put(writer, static_cast<uint32_t>(nanoseconds));
}

// A block with its length at both ends; `put_body` writes what is in between.
template <typename PutBody>
void put_block(base::ByteWriter& writer, uint32_t type, PutBody put_body) noexcept {
  const size_t begin = writer.written().size();
  put(writer, type);
  const base::MutableBytes length_field = writer.reserve(sizeof(uint32_t));
  put_body();
  const auto length = static_cast<uint32_t>(writer.written().size() - begin + sizeof(uint32_t));
  put(writer, length);
  NSRUN_CHECK(writer.ok());
  std::memcpy(length_field.data(), &length, sizeof length);
}

}  // namespace

std::vector<std::byte> opening() {
  std::vector<std::byte> blocks(kMostOpeningBytes);
  base::ByteWriter writer(blocks);
  put_block(writer, kSectionHeaderBlock, [&] {
    constexpr std::string_view kProgram = "netns-run";
    put(writer, kByteOrderMagic);
    put(writer, uint16_t{1});  // version 1.0
    put(writer, uint16_t{0});
    put(writer, kUnknownSectionLength);
    put_option(writer, kUserApplication, std::as_bytes(std::span(kProgram)));
    put_end_of_options(writer);
  });
  put_block(writer, kInterfaceDescriptionBlock, [&] {
    put(writer, kLinkTypeEthernet);
    put(writer, uint16_t{0});
    put(writer, kSnapLength);
    put_option(writer, kTimestampResolution, base::bytes_of(kNanoseconds));
    put_end_of_options(writer);
  });
  blocks.resize(writer.written().size());
  return blocks;
}

PacketBlock::PacketBlock(Direction direction, base::Duration time, size_t length) noexcept
    : tail_bytes_(padding(length) + 16) {
  const auto frame_length = static_cast<uint32_t>(length);
  const auto block_length = static_cast<uint32_t>(head_.size() + length + tail_bytes_);
  base::ByteWriter head(head_);
  put(head, kEnhancedPacketBlock);
  put(head, block_length);
  put(head, uint32_t{0});  // the interface
  put_time(head, time);
  put(head, frame_length);  // captured
  put(head, frame_length);  // on the wire
  NSRUN_CHECK(head.ok());
  base::ByteWriter tail(tail_);
  tail.fill(3, std::byte{0});
  put_option(tail, kFlags, base::bytes_of(static_cast<uint32_t>(direction)));
  put_end_of_options(tail);
  put(tail, block_length);
  NSRUN_CHECK(tail.ok());
}

StatisticsBlock statistics(base::Duration time, const Statistics& counted) noexcept {
  StatisticsBlock block;
  base::ByteWriter writer(block);
  put_block(writer, kInterfaceStatisticsBlock, [&] {
    put(writer, uint32_t{0});
    put_time(writer, time);
    put_option(writer, kReceived, base::bytes_of(counted.received));
    put_option(writer, kDropped, base::bytes_of(counted.dropped));
    put_end_of_options(writer);
  });
  return block;
}

Statistics statistics_in(base::Bytes block) noexcept {
  constexpr size_t kReceivedOffset = 24;
  constexpr size_t kDroppedOffset = 36;
  NSRUN_CHECK(block.size() == sizeof(StatisticsBlock));
  Statistics counted;
  std::memcpy(&counted.received, &block[kReceivedOffset], sizeof counted.received);
  std::memcpy(&counted.dropped, &block[kDroppedOffset], sizeof counted.dropped);
  return counted;
}

}  // namespace nsrun::wire::pcapng
