// SPDX-License-Identifier: Apache-2.0
#include "rules/proc_sockets.hh"

#include <array>
#include <charconv>
#include <optional>
#include <span>

#include "rules/text.hh"

namespace nsrun::rules {
namespace {

// sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
constexpr size_t kOwnColumn = 1;
constexpr size_t kOtherColumn = 2;
constexpr size_t kStateColumn = 3;
constexpr size_t kInodeColumn = 9;

template <typename Integer>
std::optional<Integer> parse_number(std::string_view digits, int base) {
  Integer value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// "6402000A:0050": the address as words in the order of this machine's memory, the port as a
// number.
std::optional<wire::Endpoint> parse_endpoint(std::string_view text) {
  constexpr size_t kWordDigits = 8;
  const size_t colon = text.find(':');
  const bool has_address = colon == kWordDigits || colon == 4 * kWordDigits;
  if (!has_address) return std::nullopt;
  std::array<uint32_t, 4> words{};
  const size_t count = colon / kWordDigits;
  for (size_t i = 0; i < count; ++i) {
    const auto word = parse_number<uint32_t>(text.substr(i * kWordDigits, kWordDigits), 16);
    if (!word) return std::nullopt;
    words[i] = *word;
  }
  const auto port = parse_number<uint16_t>(text.substr(colon + 1), 16);
  if (!port) return std::nullopt;
  const base::Bytes bytes = std::as_bytes(std::span(words)).first(count * sizeof(uint32_t));
  return wire::Endpoint{wire::IpAddress::from_bytes(bytes), *port};
}

std::optional<ProcSocket> parse_line(std::string_view line) {
  const auto columns = split_words(line);
  if (columns.size() <= kStateColumn) return std::nullopt;
  const auto own = parse_endpoint(columns[kOwnColumn]);
  const auto other = parse_endpoint(columns[kOtherColumn]);
  const auto state = parse_number<uint32_t>(columns[kStateColumn], 16);
  if (!own || !other || !state) return std::nullopt;
  const auto inode = columns.size() > kInodeColumn
                         ? parse_number<uint64_t>(columns[kInodeColumn], 10)
                         : std::nullopt;
  return ProcSocket{*own, *other, *state, inode.value_or(0)};
}

}  // namespace

std::vector<ProcSocket> parse_proc_sockets(std::string_view table) {
  std::vector<ProcSocket> sockets;
  for_each_line(table, [&](std::string_view line) {
    if (const auto socket = parse_line(line)) sockets.push_back(*socket);
  });
  return sockets;
}

}  // namespace nsrun::rules
