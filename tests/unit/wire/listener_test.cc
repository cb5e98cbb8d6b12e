// SPDX-License-Identifier: Apache-2.0
#include "wire/listener.hh"

#include <gtest/gtest.h>

namespace nsrun::wire {
namespace {

const std::vector<Listener> kSome{{Transport::kTcp, {kAnyV4, 3000}},
                                  {Transport::kUdp, {kLoopbackV6, 65535}}};

TEST(Listeners, ComeBack) {
  EXPECT_EQ(decode_listeners(encode_listeners(kSome)), kSome);
  EXPECT_EQ(decode_listeners({}), std::vector<Listener>{});
}

TEST(Listeners, MoreThanAMessageHoldsAreLeftOut) {
  const std::vector<Listener> many(kMaxListeners + 1, kSome.front());
  const auto bytes = encode_listeners(many);
  EXPECT_LT(bytes.size(), 64U << 10);
  EXPECT_EQ(decode_listeners(bytes)->size(), kMaxListeners);
}

TEST(Listeners, NonsenseIsRefused) {
  auto bytes = encode_listeners(kSome);
  for (const size_t length : {size_t{1}, bytes.size() / 2 - 1, bytes.size() - 1}) {
    EXPECT_FALSE(decode_listeners(base::Bytes(bytes).first(length)).has_value()) << length;
  }
  bytes[0] = std::byte{1};  // ICMP
  EXPECT_FALSE(decode_listeners(bytes).has_value());
}

}  // namespace
}  // namespace nsrun::wire
