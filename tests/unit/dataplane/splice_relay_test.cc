// SPDX-License-Identifier: Apache-2.0
//
// Pairs of TCP connections on the loopback, joined by a relay on a thread of its own: the test is
// the client and the server at the outer ends.
#include "dataplane/splice_relay.hh"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <future>
#include <random>
#include <thread>

#include "support/host_socket.hh"

namespace nsrun::dataplane {
namespace {

using test::HostSocket;

constexpr int kPatienceMilliseconds = 20'000;

// One of the relay's sockets, and the other end of its connection.
struct Connection {
  base::Fd relays;
  HostSocket outer;
};

Connection connection() {
  const HostSocket listener = HostSocket::bound(wire::Transport::kTcp);
  HostSocket outer =
      HostSocket::connected(wire::Transport::kTcp, {wire::kLoopbackV4, listener.port()});
  base::Fd relays(accept4(listener.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  os::set_relay_options(relays);
  return {std::move(relays), std::move(outer)};
}

std::string random_text(size_t bytes) {
  std::mt19937 random(7);
  std::string text(bytes, '\0');
  std::ranges::generate(text, [&] { return static_cast<char>(random()); });
  return text;
}

std::string received_to_the_end(const HostSocket& socket) {
  std::string all;
  for (std::string piece; !(piece = socket.receives()).empty();) all += piece;
  return all;
}

// What recv(2) says at last: 0 at the end of the stream, or errno.
int ending_of(const HostSocket& socket) {
  char byte = 0;
  const ssize_t count = recv(socket.number(), &byte, 1, 0);
  return count < 0 ? errno : static_cast<int>(count);
}

void resets(HostSocket& socket) {
  os::linger_with_reset(base::FdView(socket.number()));
  socket.closes();
}

class SpliceRelayTest : public testing::Test {
 protected:
  SpliceRelayTest() {
    std::signal(SIGPIPE, SIG_IGN);  // as the helper has it; splice(2) cannot leave it out
    loop_.set_batch_end([this](base::Time) { relay_->settle(); });
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~SpliceRelayTest() override { stop(); }

  void stop() {
    if (!thread_.joinable()) return;
    loop_.stop();
    thread_.join();
    relay_.reset();
  }

  // On the loop's thread.
  template <typename Function>
  auto ask(Function function) {
    std::packaged_task<decltype(function())()> task(function);
    auto result = task.get_future();
    loop_.post([&task] { task(); });
    return result.get();
  }

  void join(base::Fd client, os::ConnectAttempt server, SpliceRelay::OnRefused on_refused = {}) {
    ask([&] { relay_->join(std::move(client), std::move(server), name_, std::move(on_refused)); });
  }
  void join() { join(std::move(client_.relays), {std::move(server_.relays), 0}); }

  void forgets_the_pair() {
    const base::Time latest = base::now() + std::chrono::milliseconds(kPatienceMilliseconds);
    while (ask([&] { return relay_->pair_count(); }) > 0 && base::now() < latest) {
      std::this_thread::yield();
    }
    EXPECT_EQ(ask([&] { return relay_->pair_count(); }), 0U);
  }

  HostSocket& client() { return client_.outer; }
  HostSocket& server() { return server_.outer; }

  loop::Loop loop_;
  std::unique_ptr<SpliceRelay> relay_ = std::make_unique<SpliceRelay>(loop_);
  Connection client_ = connection();
  Connection server_ = connection();
  PairName name_{{wire::Transport::kTcp, {wire::kLoopbackV4, 80}, {wire::kLoopbackV4, 5000}}, true};

 private:
  std::thread thread_;
};

// `is_published`: the guest is the server.
TEST_F(SpliceRelayTest, APairIsReportedByItsNameFromTheGuestsSide) {
  for (const bool is_published : {true, false}) {
    client_ = connection();
    server_ = connection();
    name_.is_published = is_published;
    join();
    client().sends("fourteen bytes");
    EXPECT_EQ(server().receives(), "fourteen bytes");
    server().sends("seven b");
    EXPECT_EQ(client().receives(), "seven b");
    std::vector<wire::FlowReport> reports;
    ask([&] { return relay_->report_some(0, 256, loop_.now(), reports); });
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].guest, name_.key.guest);
    EXPECT_EQ(reports[0].remote, name_.key.remote);
    EXPECT_EQ(reports[0].is_published, is_published);
    EXPECT_EQ(reports[0].bytes_to_guest, is_published ? 14U : 7U);
    EXPECT_EQ(reports[0].bytes_to_host, is_published ? 7U : 14U);
    EXPECT_EQ(reports[0].state, "SPLICED");
    resets(client());
    forgets_the_pair();
    EXPECT_FALSE(ask([&] { return relay_->has(name_.key); }));
  }
}

// As the process inside does, for a moment.
TEST_F(SpliceRelayTest, SocketsThatOthersHoldToAreLeftAloneAfterwards) {
  const base::Fd kept = base::duplicate(server_.relays);
  join();
  client().sends("x");
  EXPECT_EQ(server().receives(), "x");
  resets(client());
  forgets_the_pair();
  server().sends("nobody looks at this");
  EXPECT_EQ(ask([&] { return relay_->pair_count(); }), 0U);
}

TEST_F(SpliceRelayTest, WhoDoesNotAnswerInTimeHasRefused) {
  // A listener whose queue is full does not answer (listen(2)).
  const HostSocket deaf = HostSocket::bound(wire::Transport::kTcp);
  ASSERT_EQ(listen(deaf.number(), 0), 0);
  const wire::Endpoint target{wire::kLoopbackV4, deaf.port()};
  const HostSocket fills_it = HostSocket::connected(wire::Transport::kTcp, target);
  std::promise<int> refused;
  base::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  ask([&] {
    relay_->join(
        std::move(client_.relays), os::connect_with(std::move(socket), target), name_,
        [&](base::Fd, int error) {
          EXPECT_FALSE(relay_->has(name_.key));
          refused.set_value(error);
        },
        std::chrono::milliseconds(5));
  });
  EXPECT_EQ(refused.get_future().get(), ETIMEDOUT);
  forgets_the_pair();
}

// The older one has ended in the guest, and not quite on the host.
TEST_F(SpliceRelayTest, OfTwoPairsOfOneNameTheOlderOneBearsIt) {
  join();
  Connection later_client = connection();
  Connection later_server = connection();
  join(std::move(later_client.relays), {std::move(later_server.relays), 0});
  EXPECT_EQ(ask([&] { return relay_->pair_count(); }), 2U);
  later_client.outer.sends("through");
  EXPECT_EQ(later_server.outer.receives(), "through");
  resets(later_client.outer);
  resets(client());
  forgets_the_pair();
  EXPECT_FALSE(ask([&] { return relay_->has(name_.key); }));
}

TEST_F(SpliceRelayTest, EachSideHearsTheOther) {
  join();
  client().sends("question");
  EXPECT_EQ(server().receives(), "question");
  server().sends("answer");
  EXPECT_EQ(client().receives(), "answer");
}

TEST_F(SpliceRelayTest, WhatWasSaidBeforeTheyWereJoinedArrives) {
  client().sends("early");
  server().sends("greeting");
  join();
  EXPECT_EQ(server().receives(), "early");
  EXPECT_EQ(client().receives(), "greeting");
}

TEST_F(SpliceRelayTest, AnEndOfStreamEndsThatDirectionOnly) {
  join();
  client().sends("question");
  shutdown(client().number(), SHUT_WR);
  EXPECT_EQ(received_to_the_end(server()), "question");
  server().sends("late answer");
  EXPECT_EQ(client().receives(), "late answer");
  server().closes();
  EXPECT_EQ(ending_of(client()), 0);
  forgets_the_pair();
}

TEST_F(SpliceRelayTest, TheServerMayEndFirst) {
  join();
  shutdown(server().number(), SHUT_WR);
  EXPECT_EQ(ending_of(client()), 0);
  client().sends("still here");
  EXPECT_EQ(server().receives(), "still here");
  client().closes();
  EXPECT_EQ(ending_of(server()), 0);
  forgets_the_pair();
}

TEST_F(SpliceRelayTest, MuchArrivesWholeInBothDirectionsAtOnce) {
  join();
  const std::string text = random_text(size_t{6} << 20);
  const auto say = [&](const HostSocket& socket) {
    for (size_t said = 0; said < text.size();) {
      const ssize_t count =
          send(socket.number(), text.data() + said, text.size() - said, MSG_NOSIGNAL);
      if (count <= 0) return;
      said += static_cast<size_t>(count);
    }
    shutdown(socket.number(), SHUT_WR);
  };
  std::thread clients_words([&] { say(client()); });
  std::thread servers_words([&] { say(server()); });
  auto heard = std::async(std::launch::async, [&] { return received_to_the_end(client()); });
  EXPECT_TRUE(received_to_the_end(server()) == text);
  EXPECT_TRUE(heard.get() == text);
  clients_words.join();
  servers_words.join();
  forgets_the_pair();
}

TEST_F(SpliceRelayTest, AResetIsPassedOnAsOne) {
  join();
  resets(server());
  EXPECT_EQ(ending_of(client()), ECONNRESET);
  forgets_the_pair();
}

TEST_F(SpliceRelayTest, AResetIsPassedOnAsOneTheOtherWay) {
  join();
  resets(client());
  EXPECT_EQ(ending_of(server()), ECONNRESET);
  forgets_the_pair();
}

TEST_F(SpliceRelayTest, TheLastWordsBeforeAResetArrive) {
  join();
  server().sends("last words");
  resets(server());
  EXPECT_EQ(client().receives(), "last words");
  EXPECT_EQ(ending_of(client()), ECONNRESET);
}

TEST_F(SpliceRelayTest, AResetAfterTheOtherSidesEndIsStillOne) {
  join();
  shutdown(server().number(), SHUT_WR);
  EXPECT_EQ(ending_of(client()), 0);
  resets(client());
  EXPECT_EQ(ending_of(server()), ECONNRESET);
}

TEST_F(SpliceRelayTest, ASlowReaderStopsTheWriter) {
  join();
  const std::string piece(size_t{64} << 10, 'x');
  constexpr size_t kTooMuch = size_t{256} << 20;
  size_t said = 0;
  // Nothing more is taken however often the relay has had its turn.
  for (int turns_in_vain = 0; turns_in_vain < 50 && said < kTooMuch;) {
    const ssize_t count =
        send(client().number(), piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    turns_in_vain = count > 0 ? 0 : turns_in_vain + 1;
    if (count > 0) said += static_cast<size_t>(count);
    ask([] {});
  }
  EXPECT_LT(said, kTooMuch);
  EXPECT_TRUE(ask([&] { return relay_->owes_bytes(); }));
  shutdown(client().number(), SHUT_WR);
  EXPECT_EQ(received_to_the_end(server()).size(), said);
}

TEST_F(SpliceRelayTest, AnUrgentByteStaysInLine) {
  join();
  const int in_line = 1;
  setsockopt(server().number(), SOL_SOCKET, SO_OOBINLINE, &in_line, sizeof in_line);
  client().sends("ab");
  ASSERT_EQ(send(client().number(), "!", 1, MSG_OOB), 1);
  client().sends("cd");
  shutdown(client().number(), SHUT_WR);
  EXPECT_EQ(received_to_the_end(server()), "ab!cd");
}

TEST_F(SpliceRelayTest, NothingIsReadBeforeTheServerHasConnected) {
  const HostSocket refusing = HostSocket::bound(wire::Transport::kTcp);
  const wire::Endpoint nobody{wire::kLoopbackV4, refusing.port()};
  shutdown(refusing.number(), SHUT_RDWR);  // listens no longer
  client().sends("patience");
  std::promise<int> refused;
  base::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  join(std::move(client_.relays), os::connect_with(std::move(socket), nobody),
       [&](base::Fd client, int error) {
         refused.set_value(error);
         relay_->join(std::move(client), {std::move(server_.relays), 0}, name_, {});
       });
  EXPECT_EQ(refused.get_future().get(), ECONNREFUSED);
  EXPECT_EQ(server().receives(), "patience");
  EXPECT_EQ(ask([&] { return relay_->pair_count(); }), 1U);
}

TEST_F(SpliceRelayTest, WithoutADescriptorForAPipeTheBytesWait) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const base::Fd lowest_free(dup(client().number()));
  const rlimit none_left{static_cast<rlim_t>(lowest_free.number()), limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none_left), 0);
  join();
  client().sends("patience");
  pollfd entry{server().number(), POLLIN, 0};
  EXPECT_EQ(poll(&entry, 1, 50), 0);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(server().receives(), "patience");
}

TEST_F(SpliceRelayTest, ItsOwnEndIsAResetForBoth) {
  join();
  client().sends("question");
  EXPECT_EQ(server().receives(), "question");
  stop();
  EXPECT_EQ(ending_of(client()), ECONNRESET);
  EXPECT_EQ(ending_of(server()), ECONNRESET);
}

}  // namespace
}  // namespace nsrun::dataplane
