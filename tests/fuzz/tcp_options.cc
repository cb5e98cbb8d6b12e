// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as TCP options and as a segment; what was understood survives being sent and read
// again.
#include <array>

#include "bytes.hh"
#include "wire/tcp.hh"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nsrun;
  wire::TcpFields fields;
  fields.options = wire::parse_tcp_options(fuzz::as_bytes(data, size));
  std::array<std::byte, wire::kMaxTcpHeaderBytes> out;
  const size_t length = wire::emit_tcp_header(out, fields);
  const auto emitted = wire::TcpView::parse(base::Bytes(out).first(length));
  NSRUN_CHECK(emitted && emitted->options() == fields.options);
  if (const auto segment = wire::TcpView::parse(fuzz::as_bytes(data, size))) {
    NSRUN_CHECK(segment->header_length() + segment->payload().size() == size);
    static_cast<void>(segment->options());
  }
  return 0;
}
