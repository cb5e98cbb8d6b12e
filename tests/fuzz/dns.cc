// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a DNS message: read, shown, and answered; our answer belongs to the query.
#include "wire/dns.hh"

#include <array>

#include "bytes.hh"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nsrun;
  const auto query = wire::DnsView::parse(fuzz::as_bytes(data, size));
  if (!query) return 0;
  if (const auto question = query->question()) {
    NSRUN_CHECK(!wire::to_text(*question).empty());
  }
  static_cast<void>(wire::is_answer_to(*query, *query));
  std::array<std::byte, wire::kDnsClassicUdpBytes> out;
  const size_t length = wire::emit_dns_reply(out, *query, wire::DnsResponseCode::kServerFailure);
  NSRUN_CHECK(length != 0);
  const auto reply = wire::DnsView::parse(base::Bytes(out).first(length));
  NSRUN_CHECK(reply && wire::is_answer_to(*reply, *query));
  return 0;
}
