// SPDX-License-Identifier: Apache-2.0
//
// Clients whose servers have not connected yet: who waits, for how long, and who has a place at
// all.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>

#include "dataplane/splice_relay.hh"
#include "os/socket_address.hh"
#include "os/stream_socket.hh"
#include "support/host_socket.hh"
#include "support/relay_bench.hh"

namespace nsrun::dataplane {
namespace {

using namespace std::chrono_literals;

constexpr base::Duration kForEver = 1h;
constexpr base::Duration kNotLong = 5ms;

struct Ends {
  base::Fd relays;
  base::Fd outer;
};

Ends unix_pair() {
  std::array<int, 2> pair{-1, -1};
  base::check("make a socket pair",
              socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()));
  return {base::Fd(pair[0]), base::Fd(pair[1])};
}

Ends tcp_pair() {
  const auto listener = test::HostSocket::bound(wire::Transport::kTcp);
  base::Fd outer(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto to = os::SocketAddress::from({wire::kLoopbackV4, listener.port()});
  base::check("connect", connect(outer.number(), to.get(), to.length));
  base::Fd relays(accept4(listener.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  os::set_relay_options(relays);
  return {std::move(relays), std::move(outer)};
}

PairName name_of(uint16_t port) {
  return {{wire::Transport::kTcp, {wire::kLoopbackV4, port}, {wire::kLoopbackV4, 5000}}, true};
}

class SplicePlacesTest : public testing::Test {
 protected:
  SplicePlacesTest() {
    std::signal(SIGPIPE, SIG_IGN);  // as the helper has it; splice(2) cannot leave it out
    loop_.set_batch_end([this](base::Time) { relay_.settle(); });
  }

  uint64_t hold(base::Fd client, base::Duration patience = kForEver) {
    return relay_.hold(
        std::move(client), name_of(80), [this](base::Fd, int error) { errors_.push_back(error); },
        patience);
  }
  bool meets(uint64_t number, base::Fd server) {
    os::ConnectAttempt attempt{std::move(server), 0};
    return relay_.meet(number, attempt);
  }
  void turn() { loop_.run_once(base::now() + 1ms); }
  template <typename Predicate>
  bool turns_until(Predicate predicate) {
    for (const base::Time latest = base::now() + 20s; base::now() < latest; turn()) {
      if (predicate()) return true;
    }
    return false;
  }
  std::string heard_by(const base::Fd& outer) {
    std::string text(100, '\0');
    ssize_t count = -1;
    turns_until([&] {
      count = recv(outer.number(), text.data(), text.size(), MSG_DONTWAIT);
      return count >= 0;
    });
    text.resize(count > 0 ? static_cast<size_t>(count) : 0);
    return text;
  }

  loop::Loop loop_;
  SpliceRelay relay_{loop_, kNotLong};
  std::vector<int> errors_;
};

TEST_F(SplicePlacesTest, AClientThatIsResetIsForgottenAndNobodyIsAsked) {
  Ends client = tcp_pair();
  const uint64_t number = hold(std::move(client.relays));
  os::linger_with_reset(client.outer);
  client.outer.close();
  EXPECT_TRUE(turns_until([&] { return relay_.pair_count() == 0; }));
  EXPECT_TRUE(errors_.empty());
  const Ends server = unix_pair();
  os::ConnectAttempt attempt{base::duplicate(server.relays), 0};
  EXPECT_FALSE(relay_.meet(number, attempt));
  EXPECT_TRUE(attempt.socket.is_open());
}

TEST_F(SplicePlacesTest, SoItIsWhileTheServerIsConnecting) {
  const auto deaf = test::HostSocket::bound(wire::Transport::kTcp);
  ASSERT_EQ(listen(deaf.number(), 0), 0);
  const wire::Endpoint target{wire::kLoopbackV4, deaf.port()};
  const auto fills_it = test::HostSocket::connected(wire::Transport::kTcp, target);
  Ends client = tcp_pair();
  relay_.join(
      std::move(client.relays), os::start_connect(target, std::nullopt), name_of(80),
      [this](base::Fd, int error) { errors_.push_back(error); }, kForEver);
  turn();
  EXPECT_EQ(relay_.pair_count(), 1U);
  os::linger_with_reset(client.outer);
  client.outer.close();
  EXPECT_TRUE(turns_until([&] { return relay_.pair_count() == 0; }));
  EXPECT_TRUE(errors_.empty());
}

TEST_F(SplicePlacesTest, AUnixClientThatHasGoneIsForgotten) {
  Ends client = unix_pair();
  const uint64_t number = hold(std::move(client.relays));
  client.outer.close();
  EXPECT_TRUE(turns_until([&] { return relay_.pair_count() == 0; }));
  EXPECT_FALSE(relay_.is_waiting(number));
}

TEST_F(SplicePlacesTest, WhatAUnixClientSaidBeforeItWentArrives) {
  Ends client = unix_pair();
  const uint64_t number = hold(std::move(client.relays));
  send(client.outer.number(), "a line", 6, 0);
  client.outer.close();
  turn();
  Ends server = unix_pair();
  ASSERT_TRUE(meets(number, std::move(server.relays)));
  EXPECT_EQ(heard_by(server.outer), "a line");
}

TEST_F(SplicePlacesTest, AClientThatHasOnlySaidAllIsServed) {
  Ends client = tcp_pair();
  const uint64_t number = hold(std::move(client.relays));
  send(client.outer.number(), "question", 8, 0);
  shutdown(client.outer.number(), SHUT_WR);
  turn();
  Ends server = unix_pair();
  ASSERT_TRUE(meets(number, std::move(server.relays)));
  EXPECT_EQ(heard_by(server.outer), "question");
  send(server.outer.number(), "answer", 6, 0);
  EXPECT_EQ(heard_by(client.outer), "answer");
}

TEST_F(SplicePlacesTest, NobodyWaitsForEver) {
  Ends client = tcp_pair();
  const uint64_t number = relay_.hold(std::move(client.relays), name_of(80),
                                      [&](base::Fd, int e) { errors_.push_back(e); });
  EXPECT_TRUE(turns_until([&] { return relay_.pair_count() == 0; }));
  EXPECT_EQ(errors_, std::vector{ETIMEDOUT});
  EXPECT_FALSE(relay_.is_waiting(number));
}

TEST_F(SplicePlacesTest, AServiceHasThreeQuartersOfThePlacesAndIsNamed) {
  constexpr size_t kShare = SpliceRelay::kMostPairs / 4 * 3;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  if (before.rlim_max < kShare + 100)
    GTEST_SKIP() << "at most " << before.rlim_max << " open files";
  const rlimit all{before.rlim_max, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &all), 0);
  const Ends client = unix_pair();
  const auto join_one = [&](uint16_t port) {
    const auto ignore = [](base::Fd, int) {};
    return relay_.hold(base::duplicate(client.relays), name_of(port), ignore, kForEver) != 0;
  };
  size_t joined = 0;
  while (joined < kShare && join_one(80)) ++joined;
  EXPECT_EQ(joined, kShare);
  testing::internal::CaptureStderr();
  EXPECT_FALSE(join_one(80));
  EXPECT_FALSE(join_one(80));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("127.0.0.1:80 has its share of the limit of 4096 spliced connections"),
            std::string::npos)
      << log;
  EXPECT_EQ(std::ranges::count(log, '\n'), 1) << log;
  EXPECT_TRUE(join_one(81));
  EXPECT_FALSE(join_one(80));
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST_F(SplicePlacesTest, APlaceIsFreeAgainAfterwards) {
  constexpr size_t kMoreThanItsShare = SpliceRelay::kMostPairs * 4;
  for (size_t i = 0; i < kMoreThanItsShare; ++i) {
    os::ConnectAttempt refused{.socket = {}, .error = ECONNREFUSED};
    ASSERT_TRUE(relay_.meet(hold(unix_pair().relays), refused));
    relay_.settle();
  }
  EXPECT_EQ(relay_.pair_count(), 0U);
  EXPECT_EQ(errors_.size(), kMoreThanItsShare);
}

TEST_F(SplicePlacesTest, NoPipeOutlivesTheConnectionsByMuch) {
  const size_t before = test::open_descriptors();
  {
    std::vector<std::pair<Ends, Ends>> pairs;
    for (int i = 0; i < 8; ++i) {
      pairs.emplace_back(unix_pair(), unix_pair());
      auto& [client, server] = pairs.back();
      relay_.join(std::move(client.relays), {std::move(server.relays), 0}, name_of(80), {});
      send(client.outer.number(), "question", 8, 0);
    }
    for (auto& [client, server] : pairs) EXPECT_EQ(heard_by(server.outer), "question");
    EXPECT_GT(test::open_descriptors(), before + pairs.size() * 4) << "no pipe was kept";
  }
  EXPECT_TRUE(turns_until([&] { return relay_.pair_count() == 0; }));
  EXPECT_TRUE(turns_until([&] { return test::open_descriptors() == before; }));
}

}  // namespace
}  // namespace nsrun::dataplane
