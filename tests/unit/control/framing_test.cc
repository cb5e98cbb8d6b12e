// SPDX-License-Identifier: Apache-2.0
#include "control/framing.hh"

#include <gtest/gtest.h>

namespace nsrun::control {
namespace {

using State = RequestFramer::State;

State state_after(std::string_view bytes) {
  RequestFramer framer;
  framer.add(bytes);
  return framer.state();
}

TEST(Framing, ARequestMayComeByteByByte) {
  const std::string request = R"({"a":"}\"{","b":[{"c":{}}]})";
  RequestFramer framer;
  for (size_t i = 0; i + 1 < request.size(); ++i) {
    framer.add(request.substr(i, 1));
    ASSERT_EQ(framer.state(), State::kPartial) << i;
  }
  framer.add("}");
  ASSERT_EQ(framer.state(), State::kComplete);
  EXPECT_EQ(framer.take(), request);
  EXPECT_EQ(framer.state(), State::kEmpty);
}

TEST(Framing, WhatFollowsARequestBelongsToTheNext) {
  RequestFramer framer;
  framer.add("{}\n {\"x\":1} {");
  ASSERT_EQ(framer.state(), State::kComplete);
  EXPECT_EQ(framer.take(), "{}");
  ASSERT_EQ(framer.state(), State::kComplete);
  EXPECT_EQ(framer.take(), "\n {\"x\":1}");
  EXPECT_EQ(framer.state(), State::kPartial);
}

TEST(Framing, WhatCanNeverBeARequestIsKnownAtOnce) {
  for (const char* text : {"hello", "1", "[", "\"", "}", "]", ":", "\xef\xbb\xbf{}"}) {
    EXPECT_EQ(state_after(text), State::kMalformed) << text;
  }
  EXPECT_EQ(state_after(" \r\n\t"), State::kEmpty);
}

TEST(Framing, NestingIsBounded) {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += "{\"a\":";
    return text;
  };
  EXPECT_EQ(state_after(nested(kMaxNesting)), State::kPartial);
  EXPECT_EQ(state_after(nested(kMaxNesting + 1)), State::kMalformed);
  EXPECT_EQ(state_after("{\"a\":" + std::string(kMaxNesting, '[')), State::kMalformed);
}

TEST(Framing, SizeIsBounded) {
  const std::string start = "{\"a\":\"";
  std::string fits = start + std::string(kMaxRequestBytes - start.size() - 2, 'x') + "\"}";
  ASSERT_EQ(fits.size(), kMaxRequestBytes);
  EXPECT_EQ(state_after(fits), State::kComplete);
  EXPECT_EQ(state_after(fits.insert(start.size(), "x")), State::kTooLarge);
  EXPECT_EQ(state_after(std::string(kMaxRequestBytes + 1, ' ')), State::kTooLarge);
}

}  // namespace
}  // namespace nsrun::control
