// SPDX-License-Identifier: Apache-2.0
#include "nsrun/handshake.hh"

#include <gtest/gtest.h>

namespace nsrun {
namespace {

TEST(Handshake, AHelloComesBack) {
  const auto hello = decode_hello(encode(Hello{}));
  ASSERT_TRUE(hello.ok());
  EXPECT_EQ(hello->version, kHandshakeVersion);
}

TEST(Handshake, AnAnswerComesBack) {
  EXPECT_TRUE(decode_answer(encode(Answer{.is_ready = true, .reason = ""}))->is_ready);
  const auto failed = decode_answer(encode(Answer{.is_ready = false, .reason = "port in use"}));
  ASSERT_TRUE(failed.ok());
  EXPECT_FALSE(failed->is_ready);
  EXPECT_EQ(failed->reason, "port in use");
}

TEST(Handshake, ALongReasonIsCutShort) {
  const std::string reason(100'000, 'x');
  const auto answer = decode_answer(encode(Answer{.is_ready = false, .reason = reason}));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->reason, reason.substr(0, 4096));
}

TEST(Handshake, AVersionMismatchSaysWhoIsOlder) {
  EXPECT_EQ(decode_hello(encode(Hello{.version = kHandshakeVersion + 1})).error(),
            "netns-slirp is older than netns-run (handshake 1 and 2): install both from one build");
  EXPECT_EQ(decode_hello(encode(Hello{.version = 0})).error(),
            "netns-run is older than netns-slirp (handshake 0 and 1): install both from one build");
  // A helper's answer of a later version: the version stands behind the mark.
  auto answer = encode(Answer{.is_ready = true, .reason = ""});
  answer[7] = std::byte{2};
  EXPECT_EQ(decode_answer(answer).error(),
            "netns-run is older than netns-slirp (handshake 1 and 2): install both from one build");
}

TEST(Handshake, NonsenseIsRefused) {
  EXPECT_FALSE(decode_hello({}).ok());
  EXPECT_FALSE(decode_answer({}).ok());
  EXPECT_FALSE(decode_hello(encode(Answer{})).ok());
  EXPECT_FALSE(decode_answer(encode(Hello{})).ok());
  for (const auto& whole : {encode(Hello{}), encode(Answer{})}) {
    for (size_t length = 0; length < whole.size(); ++length) {
      const base::Bytes cut = base::Bytes(whole).first(length);
      EXPECT_FALSE(decode_hello(cut).ok());
      EXPECT_FALSE(decode_answer(cut).ok());
    }
  }
}

TEST(Handshake, AHelloWithMoreBehindItIsRefused) {
  auto hello = encode(Hello{});
  hello.push_back(std::byte{0});
  EXPECT_FALSE(decode_hello(hello).ok());
}

}  // namespace
}  // namespace nsrun
