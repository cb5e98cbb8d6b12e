// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as what launcher and helper say to each other: what is understood is what its sender
// would have sent.
#include "nsrun/handshake.hh"

#include <algorithm>
#include <variant>

#include "bytes.hh"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nsrun;
  const base::Bytes message = fuzz::as_bytes(data, size);
  const auto hello = decode_hello(message);
  if (hello) NSRUN_CHECK(std::ranges::equal(encode(*hello), message));
  const auto said = decode_helper_message(message);
  // encode() cuts a reason that is too long.
  if (said && size < 4096) {
    const auto again = std::visit([](const auto& which) { return encode(which); }, *said);
    NSRUN_CHECK(std::ranges::equal(again, message));
  }
  const auto forwards = decode_known_forwards(message);
  if (forwards) NSRUN_CHECK(std::ranges::equal(encode(*forwards), message));
  NSRUN_CHECK(int{hello.ok()} + int{said.ok()} + int{forwards.ok()} <= 1);
  return 0;
}
