// SPDX-License-Identifier: Apache-2.0
#include "dns/forwarder.hh"

#include <dirent.h>
#include <gtest/gtest.h>

#include <set>

#include "base/time.hh"
#include "fake_upstream.hh"
#include "wire/dns.hh"

namespace nsrun::dns {
namespace {

using namespace std::chrono_literals;
using base::Counter;

constexpr auto kFirstServer = wire::IpAddress::v4(0x7f000001);
constexpr auto kSecondServer = wire::IpAddress::v4(0x7f000002);
constexpr auto kThirdServer = wire::IpAddress::v4(0x7f000003);
constexpr wire::Endpoint kGuest{wire::IpAddress::v4(0x0a000264), 40000};
constexpr wire::Endpoint kDns{wire::IpAddress::v4(0x0a000203), 53};

// An A query for "<label>.example.", recursion desired.
Message make_query(uint16_t id, std::string_view label = "www") {
  Message message(512);
  base::ByteWriter writer(message);
  writer.write_be16(id);
  writer.write_be16(wire::kDnsRecursionDesired);
  writer.write_be16(1);  // one question
  writer.fill(6, std::byte{0});
  for (const std::string_view each : {label, std::string_view("example"), std::string_view()}) {
    writer.write_u8(static_cast<uint8_t>(each.size()));
    writer.write(std::as_bytes(std::span(each)));
  }
  writer.write_be16(1);
  writer.write_be16(1);
  message.resize(writer.written().size());
  return message;
}

// The upstream's view of a query turned into an answer to it.
Message make_answer(Message message, uint16_t more_flags = 0) {
  const uint16_t flags = base::load_big_endian<uint16_t>(&message[2]);
  base::store_big_endian(&message[2],
                         static_cast<uint16_t>(flags | wire::kDnsResponse | more_flags));
  return message;
}

Message with_id(Message message, uint16_t id) {
  base::store_big_endian(message.data(), id);
  return message;
}

uint16_t code(wire::DnsResponseCode value) { return static_cast<uint16_t>(value); }

size_t open_descriptors() {
  size_t count = 0;
  DIR* directory = ::opendir("/proc/self/fd");
  while (::readdir(directory) != nullptr) ++count;
  ::closedir(directory);
  return count;
}

class ForwarderTest : public testing::Test, private AnswerSink {
 protected:
  struct Given {
    wire::Endpoint guest;
    wire::Endpoint dns_address;
    Message message;
  };

  // A forwarder that asks these servers at `upstream`'s port.
  void start(const std::vector<Upstream>& servers, base::Duration attempt_timeout = 1h) {
    AnswerSink& sink = *this;
    forwarder.emplace(loop, counters, sink, ForwarderOptions{upstream.port(), attempt_timeout});
    forwarder->set_upstreams(servers);
  }

  void guest_asks(base::Bytes message) { forwarder->query(kGuest, kDns, message, base::now()); }

  // Serves the loop until `count` answers are there, at most 10 s.
  void serve_until_answers(size_t count) {
    const base::Time latest = base::now() + 10s;
    while (answers.size() < count && base::now() < latest) loop.run_once(latest);
    ASSERT_EQ(answers.size(), count);
  }
  // Serves what is ready now.
  void serve() { loop.run_once(base::now()); }

  FakeUpstream::Query taken_from(FakeUpstream& server) {
    auto query = server.take();
    EXPECT_TRUE(query.has_value()) << "the server was not asked";
    return query.value_or(FakeUpstream::Query{make_query(0), {}, 0});
  }

  wire::DnsResponseCode last_code() {
    return wire::DnsView::parse(answers.back().message)->response_code();
  }

  loop::Loop loop;
  base::Counters counters;
  FakeUpstream upstream{kFirstServer};
  std::vector<Given> answers;
  std::optional<Forwarder> forwarder;

 private:
  void dns_answer(const wire::Endpoint& guest, const wire::Endpoint& dns_address,
                  base::Bytes message) noexcept override {
    answers.push_back({guest, dns_address, Message(message.begin(), message.end())});
  }
};

TEST_F(ForwarderTest, AnAnswerGoesBackToTheAskerWithItsId) {
  start({kFirstServer});
  guest_asks(make_query(0x1234));
  const auto query = taken_from(upstream);
  EXPECT_EQ(with_id(query.message, 0x1234), make_query(0x1234));
  upstream.send(query, make_answer(query.message));
  serve_until_answers(1);
  EXPECT_EQ(answers[0].guest, kGuest);
  EXPECT_EQ(answers[0].dns_address, kDns);
  EXPECT_EQ(answers[0].message, make_answer(make_query(0x1234)));
  EXPECT_EQ(forwarder->in_flight(), 0U);
  EXPECT_EQ(counters.get(Counter::kDnsQueries), 1U);
  EXPECT_EQ(counters.get(Counter::kDnsFailures), 0U);
  EXPECT_EQ(counters.get(Counter::kDnsDropped), 0U);
}

TEST_F(ForwarderTest, Ipv6ServersAreAskedToo) {
  std::optional<FakeUpstream> v6;
  try {
    v6.emplace(wire::kLoopbackV6, upstream.port());
  } catch (const base::SystemError& error) {
    GTEST_SKIP() << "no IPv6 loopback here: " << error.what();
  }
  start({wire::kLoopbackV6});
  guest_asks(make_query(1));
  const auto query = taken_from(*v6);
  v6->send(query, make_answer(query.message));
  serve_until_answers(1);
  EXPECT_EQ(answers[0].message, make_answer(make_query(1)));
}

TEST_F(ForwarderTest, EveryQueryHasAnIdAndAPortOfItsOwn) {
  start({kFirstServer});
  std::set<uint16_t> ids;
  std::set<uint16_t> ports;
  constexpr size_t kQueries = 64;
  for (size_t i = 0; i < kQueries; ++i) guest_asks(make_query(7));
  for (size_t i = 0; i < kQueries; ++i) {
    const auto query = taken_from(upstream);
    ids.insert(query.id());
    ports.insert(query.port());
  }
  EXPECT_GT(ids.size(), kQueries - 8);  // some of 65536 may come twice
  EXPECT_EQ(ports.size(), kQueries);
}

TEST_F(ForwarderTest, AnswersInAnyOrderFindTheirAsker) {
  start({kFirstServer});
  guest_asks(make_query(1, "one"));
  guest_asks(make_query(2, "two"));
  const auto one = taken_from(upstream);
  const auto two = taken_from(upstream);
  upstream.send(two, make_answer(two.message));
  serve_until_answers(1);
  upstream.send(one, make_answer(one.message));
  serve_until_answers(2);
  EXPECT_EQ(answers[0].message, make_answer(make_query(2, "two")));
  EXPECT_EQ(answers[1].message, make_answer(make_query(1, "one")));
}

TEST_F(ForwarderTest, ForgedAnswersAreCountedAndTheRealOneIsAwaited) {
  start({kFirstServer});
  guest_asks(make_query(1));
  const auto query = taken_from(upstream);
  const auto wrong_id = static_cast<uint16_t>(query.id() + 1);
  upstream.send(query, with_id(make_answer(query.message), wrong_id));
  upstream.send(query, with_id(make_answer(make_query(0, "other")), query.id()));
  upstream.send(query, query.message);  // not a response
  upstream.send(query, base::Bytes(query.message).first(11));
  upstream.send(query, {});
  serve();
  EXPECT_TRUE(answers.empty());
  EXPECT_EQ(counters.get(Counter::kDnsDropped), 5U);
  upstream.send(query, make_answer(query.message));
  serve_until_answers(1);
}

TEST_F(ForwarderTest, OnlyTheAskedServerIsHeard) {
  FakeUpstream stranger(kSecondServer, upstream.port());
  start({kFirstServer});
  guest_asks(make_query(1));
  const auto query = taken_from(upstream);
  stranger.send(query, make_answer(query.message));
  serve();
  EXPECT_TRUE(answers.empty());
}

TEST_F(ForwarderTest, AFloodOfForgedAnswersDoesNotHoldTheLoop) {
  start({kFirstServer});
  guest_asks(make_query(1));
  const auto query = taken_from(upstream);
  for (int i = 0; i < 100; ++i) upstream.send(query, {});
  serve();
  EXPECT_LT(counters.get(Counter::kDnsDropped), 20U);
}

TEST_F(ForwarderTest, TruncatedAnswersPassForTheGuestToAskOverTcp) {
  start({kFirstServer});
  guest_asks(make_query(1));
  const auto query = taken_from(upstream);
  upstream.send(query, make_answer(query.message, wire::kDnsTruncated));
  serve_until_answers(1);
  EXPECT_TRUE(wire::DnsView::parse(answers[0].message)->is_truncated());
}

TEST_F(ForwarderTest, TheLongestAnswersComeBackWhole) {
  start({kFirstServer});
  guest_asks(make_query(1));
  const auto query = taken_from(upstream);
  Message answer = make_answer(query.message);
  answer.resize(65507, std::byte{0x5a});
  upstream.send(query, answer);
  serve_until_answers(1);
  EXPECT_EQ(answers[0].message, with_id(answer, 1));
}

TEST_F(ForwarderTest, WhatIsNoQueryIsDropped) {
  start({kFirstServer});
  const Message query = make_query(1);
  Message no_question = query;
  no_question[5] = std::byte{0};
  Message two_questions = query;
  two_questions[5] = std::byte{2};
  Message endless_name = query;
  endless_name[12] = std::byte{60};
  const Message response = make_answer(query);
  Message too_long = query;
  too_long.resize(Forwarder::kMaxQueryBytes + 1);
  const base::Bytes whole(query);
  for (const base::Bytes message :
       {base::Bytes(), whole.first(11), whole.first(12), whole.first(query.size() - 1),
        base::Bytes(response), base::Bytes(no_question), base::Bytes(two_questions),
        base::Bytes(endless_name), base::Bytes(too_long)}) {
    const uint64_t dropped_before = counters.get(Counter::kDnsDropped);
    guest_asks(message);
    EXPECT_EQ(counters.get(Counter::kDnsDropped), dropped_before + 1);
  }
  EXPECT_EQ(counters.get(Counter::kDnsQueries), 0U);
  EXPECT_FALSE(upstream.take().has_value());
}

TEST_F(ForwarderTest, ARefusedPortMovesOnAtOnce) {
  // Nobody listens at the second server's address; the attempt's time-out would be an hour.
  start({kSecondServer, kFirstServer});
  guest_asks(make_query(1));
  loop.run_once(base::now() + 10s);
  const auto query = taken_from(upstream);
  upstream.send(query, make_answer(query.message));
  serve_until_answers(1);
  EXPECT_EQ(last_code(), wire::DnsResponseCode::kNoError);
}

TEST_F(ForwarderTest, AServerThatFailedIsNotTheFirstChoiceOfTheNextQuery) {
  start({kSecondServer, kFirstServer});
  guest_asks(make_query(1));
  loop.run_once(base::now() + 10s);
  taken_from(upstream);
  guest_asks(make_query(2));
  EXPECT_TRUE(upstream.take().has_value());
}

TEST_F(ForwarderTest, UnreachableServersMoveOnAtOnce) {
  // resolv.conf may name a link-local server with its zone; without the zone there is no way to it.
  const auto link_local = wire::IpAddress::parse("fe80::53").value();
  start({link_local, kFirstServer});
  guest_asks(make_query(1));
  EXPECT_TRUE(upstream.take().has_value());
}

TEST_F(ForwarderTest, SilenceMovesOnAfterTheTimeOut) {
  FakeUpstream silent(kSecondServer, upstream.port());
  start({kSecondServer, kFirstServer});
  // Asked so long ago that the time-out is over when the loop looks.
  forwarder->query(kGuest, kDns, make_query(1), base::now() - 2h);
  const auto unanswered = taken_from(silent);
  serve();
  const auto query = taken_from(upstream);
  EXPECT_NE(query.port(), unanswered.port());
  silent.send(unanswered, make_answer(unanswered.message));  // too late: nobody is there
  upstream.send(query, make_answer(query.message));
  serve_until_answers(1);
  EXPECT_EQ(answers[0].message, make_answer(make_query(1)));
}

TEST_F(ForwarderTest, WhenNobodyAnswersTheGuestHearsServfailAfterTwoRounds) {
  FakeUpstream second(kSecondServer, upstream.port());
  start({kFirstServer, kSecondServer}, 1ms);
  guest_asks(make_query(0x4321));
  serve_until_answers(1);
  EXPECT_EQ(last_code(), wire::DnsResponseCode::kServerFailure);
  EXPECT_EQ(wire::DnsView::parse(answers[0].message)->id(), 0x4321);
  EXPECT_EQ(counters.get(Counter::kDnsFailures), 1U);
  for (FakeUpstream* server : {&upstream, &second}) {
    EXPECT_TRUE(server->take().has_value());
    EXPECT_TRUE(server->take().has_value());
    EXPECT_FALSE(server->take().has_value());
  }
}

TEST_F(ForwarderTest, ALongListOfServersIsNotAskedForEver) {
  std::vector<wire::IpAddress> servers;
  for (uint32_t i = 0; i < 20; ++i) servers.push_back(wire::IpAddress::v4(0x7f000101 + i));
  std::vector<FakeUpstream> listening;
  for (const auto& server : servers) listening.emplace_back(server, upstream.port());
  start({servers.begin(), servers.end()}, 1ms);
  guest_asks(make_query(1));
  serve_until_answers(1);
  size_t asked = 0;
  for (FakeUpstream& server : listening) asked += server.take().has_value();
  EXPECT_EQ(asked, Exchange::kMaxAttempts);
}

TEST_F(ForwarderTest, WhenAllRefuseTheGuestHearsServfail) {
  start({kSecondServer, kThirdServer});
  guest_asks(make_query(1));
  serve_until_answers(1);
  EXPECT_EQ(last_code(), wire::DnsResponseCode::kServerFailure);
  EXPECT_EQ(forwarder->in_flight(), 0U);
}

TEST_F(ForwarderTest, AnErrorOfOneServerGivesTheNextItsTurn) {
  FakeUpstream second(kSecondServer, upstream.port());
  for (const auto error :
       {wire::DnsResponseCode::kServerFailure, wire::DnsResponseCode::kNotImplemented,
        wire::DnsResponseCode::kRefused}) {
    answers.clear();
    start({kFirstServer, kSecondServer});
    guest_asks(make_query(1));
    const auto to_first = taken_from(upstream);
    upstream.send(to_first, make_answer(to_first.message, code(error)));
    serve();
    const auto to_second = taken_from(second);
    second.send(to_second, make_answer(to_second.message));
    serve_until_answers(1);
    EXPECT_EQ(last_code(), wire::DnsResponseCode::kNoError);
  }
}

TEST_F(ForwarderTest, TheLastServersErrorIsTheAnswer) {
  start({kFirstServer});
  guest_asks(make_query(1));
  const auto query = taken_from(upstream);
  upstream.send(query, make_answer(query.message, code(wire::DnsResponseCode::kRefused)));
  serve_until_answers(1);
  EXPECT_EQ(last_code(), wire::DnsResponseCode::kRefused);
  EXPECT_EQ(counters.get(Counter::kDnsFailures), 0U);
}

TEST_F(ForwarderTest, NoSuchNameIsAnAnswerAndNoFailure) {
  FakeUpstream second(kSecondServer, upstream.port());
  start({kFirstServer, kSecondServer});
  guest_asks(make_query(1));
  const auto query = taken_from(upstream);
  upstream.send(query, make_answer(query.message, code(wire::DnsResponseCode::kNameError)));
  serve_until_answers(1);
  EXPECT_EQ(last_code(), wire::DnsResponseCode::kNameError);
  EXPECT_FALSE(second.take().has_value());
}

TEST_F(ForwarderTest, NewServersServeTheQueriesUnderWayToo) {
  FakeUpstream silent(kSecondServer, upstream.port());
  start({kSecondServer});
  forwarder->query(kGuest, kDns, make_query(1), base::now() - 2h);
  taken_from(silent);
  forwarder->set_upstreams({kFirstServer});
  serve();
  EXPECT_TRUE(upstream.take().has_value());
  guest_asks(make_query(2));
  EXPECT_TRUE(upstream.take().has_value());
  EXPECT_FALSE(silent.take().has_value());
}

TEST_F(ForwarderTest, QueriesBeyondTheLimitPushTheOldestOut) {
  start({kFirstServer});
  const size_t descriptors_before = open_descriptors();
  guest_asks(make_query(1, "oldest"));
  const auto oldest = taken_from(upstream);
  for (size_t i = 0; i < Forwarder::kMaxInFlight; ++i) {
    guest_asks(make_query(2));
    upstream.take();
  }
  EXPECT_EQ(forwarder->in_flight(), Forwarder::kMaxInFlight);
  EXPECT_EQ(counters.get(Counter::kDnsDropped), 1U);
  EXPECT_EQ(open_descriptors(), descriptors_before + Forwarder::kMaxInFlight);
  upstream.send(oldest, make_answer(oldest.message));
  serve();
  EXPECT_TRUE(answers.empty());
  forwarder.reset();
  EXPECT_EQ(open_descriptors(), descriptors_before);
}

}  // namespace
}  // namespace nsrun::dns
