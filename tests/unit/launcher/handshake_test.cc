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
  const auto ready = decode_helper_message(encode(Answer{.is_ready = true, .reason = ""}));
  ASSERT_TRUE(ready.ok());
  EXPECT_TRUE(std::get<Answer>(*ready).is_ready);
  const auto failed =
      decode_helper_message(encode(Answer{.is_ready = false, .reason = "port in use"}));
  ASSERT_TRUE(failed.ok());
  EXPECT_FALSE(std::get<Answer>(*failed).is_ready);
  EXPECT_EQ(std::get<Answer>(*failed).reason, "port in use");
}

TEST(Handshake, ALongReasonIsCutShort) {
  const std::string reason(100'000, 'x');
  const auto answer = decode_helper_message(encode(Answer{.is_ready = false, .reason = reason}));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(std::get<Answer>(*answer).reason, reason.substr(0, 4096));
}

TEST(Handshake, AVersionMismatchSaysWhoIsOlder) {
  EXPECT_EQ(decode_hello(encode(Hello{.version = kHandshakeVersion + 1})).error(),
            "netns-slirp is older than netns-run (handshake 3 and 4): install both from one build");
  EXPECT_EQ(decode_hello(encode(Hello{.version = 1})).error(),
            "netns-run is older than netns-slirp (handshake 1 and 3): install both from one build");
  // A helper's answer of a later version: the version stands behind the mark.
  auto answer = encode(Answer{.is_ready = true, .reason = ""});
  answer[7] = std::byte{4};
  EXPECT_EQ(decode_helper_message(answer).error(),
            "netns-run is older than netns-slirp (handshake 3 and 4): install both from one build");
}

constexpr rules::PortForward kForward{
    wire::Transport::kUdp, {wire::IpAddress::v4(0x7f000001), 8080}, {wire::kLoopbackV6, 80}};

TEST(Handshake, ChangesOfForwardsComeBack) {
  const auto added = decode_helper_message(encode(ForwardAdded{7, kForward}));
  ASSERT_TRUE(added.ok());
  EXPECT_EQ(std::get<ForwardAdded>(*added).id, 7);
  EXPECT_EQ(std::get<ForwardAdded>(*added).forward, kForward);
  const auto removed = decode_helper_message(encode(ForwardRemoved{kMaxForwardId}));
  ASSERT_TRUE(removed.ok());
  EXPECT_EQ(std::get<ForwardRemoved>(*removed).id, kMaxForwardId);
}

TEST(Handshake, ChangesWithoutAnIdOrATransportAreRefused) {
  for (const int id : {0, -1, kMaxForwardId + 1}) {
    EXPECT_FALSE(decode_helper_message(encode(ForwardAdded{id, kForward})).ok()) << id;
    EXPECT_FALSE(decode_helper_message(encode(ForwardRemoved{id})).ok()) << id;
  }
  auto added = encode(ForwardAdded{7, kForward});
  added[12] = std::byte{1};  // ICMP
  EXPECT_FALSE(decode_helper_message(added).ok());
}

TEST(KnownForwards, ComeBackWithTheHighestIdThatWasGiven) {
  KnownForwards known;
  for (const int id : {1, 2, 3}) known.apply(ForwardAdded{id, kForward, id == 2});
  known.apply(ForwardRemoved{3});
  known.apply(ForwardRemoved{1});
  const auto again = decode_known_forwards(encode(known));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->by_id(), (KnownForwards::ById{{2, {kForward, true}}}));
  EXPECT_EQ(again->last_id(), 3);
}

TEST(KnownForwards, AreBounded) {
  KnownForwards known;
  for (int id = 1; id <= 300'000; ++id) known.apply(ForwardAdded{id, kForward});
  EXPECT_EQ(known.by_id().size(), 4U * 65535);
  EXPECT_TRUE(decode_known_forwards(encode(known)).ok());
}

TEST(KnownForwards, NonsenseIsRefused) {
  KnownForwards known;
  known.apply(ForwardAdded{1, kForward});
  known.apply(ForwardAdded{2, kForward});
  const auto whole = encode(known);
  // Behind the head, and behind each of the two.
  constexpr size_t kHead = 12;
  constexpr size_t kEach = 41;
  ASSERT_EQ(whole.size(), kHead + 2 * kEach);
  for (size_t length = 0; length < whole.size(); ++length) {
    const bool is_whole = length == kHead || length == kHead + kEach;
    EXPECT_EQ(decode_known_forwards(base::Bytes(whole).first(length)).ok(), is_whole) << length;
  }
  auto unsorted = whole;
  unsorted[kHead + 3] = std::byte{2};
  EXPECT_FALSE(decode_known_forwards(unsorted).ok());
  auto low = whole;
  low[kHead - 1] = std::byte{1};
  EXPECT_FALSE(decode_known_forwards(low).ok()) << "an id above the last one";
}

TEST(Handshake, NonsenseIsRefused) {
  EXPECT_FALSE(decode_hello({}).ok());
  EXPECT_FALSE(decode_helper_message({}).ok());
  EXPECT_FALSE(decode_hello(encode(Answer{})).ok());
  EXPECT_FALSE(decode_helper_message(encode(Hello{})).ok());
  for (const auto& whole : {encode(Hello{}), encode(Answer{}), encode(ForwardAdded{1, kForward}),
                            encode(ForwardRemoved{1})}) {
    for (size_t length = 0; length < whole.size(); ++length) {
      const base::Bytes cut = base::Bytes(whole).first(length);
      EXPECT_FALSE(decode_hello(cut).ok());
      EXPECT_FALSE(decode_helper_message(cut).ok());
    }
  }
}

TEST(Handshake, AMessageWithMoreBehindItIsRefused) {
  auto hello = encode(Hello{});
  hello.push_back(std::byte{0});
  EXPECT_FALSE(decode_hello(hello).ok());
  for (auto change : {encode(ForwardAdded{1, kForward}), encode(ForwardRemoved{1})}) {
    change.push_back(std::byte{0});
    EXPECT_FALSE(decode_helper_message(change).ok());
  }
}

}  // namespace
}  // namespace nsrun
