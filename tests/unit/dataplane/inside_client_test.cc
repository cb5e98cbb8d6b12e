// SPDX-License-Identifier: Apache-2.0
//
// The data plane's end of the process inside, with the test at the other end.
#include "dataplane/inside_client.hh"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <vector>

#include "base/time.hh"
#include "os/fd_passing.hh"

namespace nsrun::dataplane {
namespace {

class InsideClientTest : public testing::Test {
 protected:
  void connect() {
    auto [ours, theirs] = os::make_seqpacket_pair();
    inside_ = std::move(theirs);
    client_.connect(std::move(ours));
  }

  void ask(InsideRequest request) {
    client_.ask(request, [this](ProcessAnswer answer) { answers_.push_back(std::move(answer)); });
  }

  InsideRequest asked() {
    const auto message = os::receive_message(inside_);
    EXPECT_TRUE(message && message->bytes.size() == 1);
    return static_cast<InsideRequest>(message->bytes.at(0));
  }

  void answers(int32_t error, std::span<const base::FdView> fds = {}) {
    os::send_message(inside_, base::bytes_of(error), fds);
  }

  void run_until_answered(size_t count) {
    const base::Time latest = base::now() + std::chrono::seconds(20);
    while (answers_.size() < count && base::now() < latest) loop_.run_once(latest);
    ASSERT_EQ(answers_.size(), count);
  }

  loop::Loop loop_;
  base::Fd inside_;
  InsideClient client_{loop_};
  std::vector<ProcessAnswer> answers_;
};

TEST_F(InsideClientTest, EachRequestGetsItsAnswer) {
  connect();
  ask(InsideRequest::kTcpSocketV4);
  ask(InsideRequest::kTcpSocketV6);
  EXPECT_EQ(asked(), InsideRequest::kTcpSocketV4);
  EXPECT_EQ(asked(), InsideRequest::kTcpSocketV6);
  const base::Fd socket(::socket(AF_INET, SOCK_STREAM, 0));
  const base::FdView passed[] = {socket};
  answers(0, passed);
  answers(EAFNOSUPPORT);
  run_until_answered(2);
  EXPECT_EQ(answers_[0].error, 0);
  EXPECT_TRUE(answers_[0].socket.is_open());
  EXPECT_EQ(answers_[1].error, EAFNOSUPPORT);
  EXPECT_FALSE(answers_[1].socket.is_open());
}

TEST_F(InsideClientTest, WhatElseAnAnswerSaysIsHandedOn) {
  connect();
  ask(InsideRequest::kTcpSocketV4);
  const int32_t words[] = {0, 7};
  os::send_message(inside_, std::as_bytes(std::span(words)));
  run_until_answered(1);
  EXPECT_EQ(answers_[0].more.size(), sizeof words[1]);
}

TEST_F(InsideClientTest, WithoutAProcessEveryRequestFailsAtOnce) {
  ask(InsideRequest::kTcpSocketV4);
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_[0].error, ENOTCONN);
}

TEST_F(InsideClientTest, ItsEndFailsWhatWaitsAndWhatComes) {
  connect();
  ask(InsideRequest::kTcpSocketV4);
  ask(InsideRequest::kTcpSocketV4);
  inside_.close();
  run_until_answered(2);
  ask(InsideRequest::kTcpSocketV4);
  ASSERT_EQ(answers_.size(), 3U);
  for (const ProcessAnswer& answer : answers_) EXPECT_EQ(answer.error, ENOTCONN);
}

TEST_F(InsideClientTest, AProcessThatReadsNothingStopsNobody) {
  connect();
  constexpr size_t kMore = 100'000;  // than a socket holds
  size_t asked = 0;
  while (answers_.empty() && asked < kMore) {
    ask(InsideRequest::kTcpSocketV4);
    ++asked;
  }
  ASSERT_EQ(answers_.size(), 1U) << asked;
  EXPECT_EQ(answers_[0].error, EAGAIN);
}

TEST_F(InsideClientTest, AnAnswerThatNobodyAskedForEndsIt) {
  connect();
  answers(0);
  loop_.run_once(base::now() + std::chrono::seconds(20));
  ask(InsideRequest::kTcpSocketV4);
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_[0].error, ENOTCONN);
}

}  // namespace
}  // namespace nsrun::dataplane
