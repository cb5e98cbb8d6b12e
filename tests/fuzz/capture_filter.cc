// SPDX-License-Identifier: Apache-2.0
//
// Any filter of a capture, and any frame: the filter is understood or refused, and judges what the
// guest sends without a look beyond its end.
#include <algorithm>
#include <string_view>

#include "bytes.hh"
#include "rules/capture_filter.hh"
#include "wire/packet.hh"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nsrun;
  const base::Bytes input = fuzz::as_bytes(data, size);
  const size_t text_bytes =
      static_cast<size_t>(std::ranges::find(input, std::byte{0}) - input.begin());
  const auto filter =
      rules::parse_capture_filter({reinterpret_cast<const char*>(data), text_bytes});
  if (!filter) {
    NSRUN_CHECK(!filter.error().empty());
    return 0;
  }
  const base::Bytes frame = input.subspan(std::min(text_bytes + 1, size));
  const bool is_taken = rules::takes(*filter, wire::parse_frame(frame));
  NSRUN_CHECK(is_taken || !filter->takes_all());
  return 0;
}
