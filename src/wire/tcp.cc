// SPDX-License-Identifier: Apache-2.0
#include "wire/tcp.hh"

#include <algorithm>

namespace nsrun::wire {
namespace {

// Kinds (IANA TCP parameters) and whole lengths of the options.
constexpr uint8_t kEndOfList = 0;
constexpr uint8_t kNoOperation = 1;
constexpr uint8_t kMaximumSegmentSize = 2;
constexpr uint8_t kWindowScale = 3;
constexpr uint8_t kSackPermitted = 4;
constexpr uint8_t kSack = 5;
constexpr uint8_t kTimestamps = 8;
constexpr uint8_t kMaximumSegmentSizeBytes = 4;
constexpr uint8_t kWindowScaleBytes = 3;
constexpr uint8_t kSackPermittedBytes = 2;
constexpr uint8_t kTimestampsBytes = 10;
constexpr size_t kSackHeadBytes = 2;
constexpr size_t kSackBlockBytes = 8;

// RFC 7323 section 2.3: a larger count must be taken as 14.
constexpr uint8_t kMaxWindowScale = 14;

// An option of a known kind but another length is left alone.
void read_option(uint8_t kind, base::Bytes data, TcpOptions& options) noexcept {
  base::ByteReader reader(data);
  const size_t length = data.size() + 2;
  if (kind == kMaximumSegmentSize && length == kMaximumSegmentSizeBytes) {
    options.maximum_segment_size = reader.read_be16();
  } else if (kind == kWindowScale && length == kWindowScaleBytes) {
    options.window_scale = std::min(reader.read_u8(), kMaxWindowScale);
  } else if (kind == kSackPermitted && length == kSackPermittedBytes) {
    options.sack_permitted = true;
  } else if (kind == kTimestamps && length == kTimestampsBytes) {
    const uint32_t value = reader.read_be32();
    options.timestamps = TcpTimestamps{value, reader.read_be32()};
  }
}

// SACK-permitted and timestamps stand together: 2 + 10 bytes need no padding.
size_t middle_bytes(const TcpOptions& options) noexcept {
  return (options.sack_permitted ? kSackPermittedBytes : size_t{0}) +
         (options.timestamps ? kTimestampsBytes : size_t{0});
}

size_t padding_to_words(size_t bytes) noexcept { return (4 - bytes % 4) % 4; }

// In the order and with the padding of Linux, so that a segment looks like one of any host.
void write_options(base::ByteWriter& writer, const TcpOptions& options) noexcept {
  if (options.maximum_segment_size) {
    writer.write_u8(kMaximumSegmentSize);
    writer.write_u8(kMaximumSegmentSizeBytes);
    writer.write_be16(*options.maximum_segment_size);
  }
  writer.fill(padding_to_words(middle_bytes(options)), std::byte{kNoOperation});
  if (options.sack_permitted) {
    writer.write_u8(kSackPermitted);
    writer.write_u8(kSackPermittedBytes);
  }
  if (options.timestamps) {
    writer.write_u8(kTimestamps);
    writer.write_u8(kTimestampsBytes);
    writer.write_be32(options.timestamps->value);
    writer.write_be32(options.timestamps->echo_reply);
  }
  if (options.window_scale) {
    writer.write_u8(kNoOperation);
    writer.write_u8(kWindowScale);
    writer.write_u8(kWindowScaleBytes);
    writer.write_u8(*options.window_scale);
  }
}

void write_sack(base::ByteWriter& writer, std::span<const SackBlock> blocks) noexcept {
  if (blocks.empty()) return;
  writer.fill(padding_to_words(kSackHeadBytes), std::byte{kNoOperation});
  writer.write_u8(kSack);
  writer.write_u8(static_cast<uint8_t>(kSackHeadBytes + blocks.size() * kSackBlockBytes));
  for (const SackBlock& block : blocks) {
    writer.write_be32(block.first.value());
    writer.write_be32(block.end.value());
  }
}

}  // namespace

TcpOptions parse_tcp_options(base::Bytes bytes) noexcept {
  TcpOptions options;
  base::ByteReader reader(bytes);
  while (!reader.rest().empty()) {
    const uint8_t kind = reader.read_u8();
    if (kind == kEndOfList) break;
    if (kind == kNoOperation) continue;
    const uint8_t length = reader.read_u8();
    if (length < 2) break;
    const base::Bytes data = reader.take(length - size_t{2});
    if (!reader.ok()) break;
    read_option(kind, data, options);
  }
  return options;
}

std::optional<TcpView> TcpView::parse(base::Bytes bytes) noexcept {
  if (bytes.size() < sizeof(TcpHeader)) return std::nullopt;
  const size_t header_length = size_t{4} * (load_header<TcpHeader>(bytes).data_offset >> 4);
  if (header_length < sizeof(TcpHeader) || header_length > bytes.size()) return std::nullopt;
  return TcpView(bytes, header_length);
}

size_t tcp_header_length(const TcpFields& fields) noexcept {
  const TcpOptions& options = fields.options;
  const size_t middle = middle_bytes(options);
  const size_t sack_head = fields.sack.empty() ? 0 : size_t{4};
  return sizeof(TcpHeader) + (options.maximum_segment_size ? kMaximumSegmentSizeBytes : size_t{0}) +
         middle + padding_to_words(middle) +
         (options.window_scale ? size_t{1} + kWindowScaleBytes : size_t{0}) + sack_head +
         fields.sack.size() * kSackBlockBytes;
}

size_t emit_tcp_header(base::MutableBytes out, const TcpFields& fields) noexcept {
  const size_t length = tcp_header_length(fields);
  if (out.size() < length) return 0;
  TcpHeader header{};
  header.source_port = fields.source_port;
  header.destination_port = fields.destination_port;
  header.sequence = fields.sequence.value();
  header.acknowledgment = fields.acknowledgment.value();
  header.data_offset = static_cast<uint8_t>(length / 4 << 4);
  header.flags = fields.flags;
  header.window = fields.window;
  base::ByteWriter writer(out.first(length));
  writer.write(base::bytes_of(header));
  write_options(writer, fields.options);
  write_sack(writer, fields.sack);
  return length;
}

}  // namespace nsrun::wire
