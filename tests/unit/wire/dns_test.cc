// SPDX-License-Identifier: Apache-2.0
#include "wire/dns.hh"

#include <gtest/gtest.h>

#include "hex.hh"

namespace nsrun::wire {
namespace {

using test::from_hex;
using test::to_hex;

// 4660+ [1au] AAAA? example.com. ar: . OPT UDPsize=1232 (40)
constexpr std::string_view kQuery =
    "123401000001000000000001 076578616d706c6503636f6d00001c0001 00002904d0000000000000";
// 4660 1/0/0 A 192.0.2.1 (45), its question with other letter case
constexpr std::string_view kAnswer =
    "123481800001000100000000 074578416d506c4503434f4d0000010001"
    "c00c000100010000003c0004c0000201";
// 4660+ A? example.com. (29)
constexpr std::string_view kPlainQuery =
    "123401000001000000000000 076578616d706c6503636f6d0000010001";

DnsView view_of(const std::vector<std::byte>& message) { return *DnsView::parse(message); }

TEST(Dns, HeaderAndQuestion) {
  const auto message = from_hex(kQuery);
  const DnsView query = view_of(message);
  EXPECT_EQ(query.id(), 0x1234);
  EXPECT_FALSE(query.is_response());
  EXPECT_FALSE(query.is_truncated());
  EXPECT_EQ(query.opcode(), 0);
  ASSERT_TRUE(query.question());
  EXPECT_EQ(to_text(*query.question()), "example.com. AAAA");
  EXPECT_EQ(query.edns_udp_bytes(), 1232);
}

TEST(Dns, WithoutEdnsThereIsNoSize) {
  const auto plain = from_hex(kPlainQuery);
  EXPECT_EQ(view_of(plain).edns_udp_bytes(), std::nullopt);
}

TEST(Dns, EdnsIsFoundBehindCompressedRecordsAndIsAtLeast512) {
  const auto message = from_hex(
      "123481800001000100000001 0161000001 0001 c00c000100010000003c0004c0000201"
      "0000290100000000000000");
  EXPECT_EQ(view_of(message).edns_udp_bytes(), 512);
}

TEST(Dns, TruncatedMessagesAnswerNothing) {
  const auto message = from_hex(kQuery);
  for (size_t length = 0; length < message.size(); ++length) {
    const std::vector<std::byte> piece(message.begin(),
                                       message.begin() + static_cast<long>(length));
    const auto view = DnsView::parse(piece);
    EXPECT_EQ(view.has_value(), length >= sizeof(DnsHeader));
    if (!view) continue;
    EXPECT_EQ(view->question().has_value(), length >= 29) << length;
    EXPECT_EQ(view->edns_udp_bytes(), std::nullopt) << length;
  }
}

TEST(Dns, QuestionsThatAreRefused) {
  constexpr std::string_view kHeader = "123401000001000000000000";
  for (const std::string_view body : {"c00c00010001", "4061000001 0001", "05616100", ""}) {
    const auto message = from_hex(std::string(kHeader) + std::string(body));
    EXPECT_FALSE(view_of(message).question()) << body;
  }
  std::string long_name;
  for (int i = 0; i < 128; ++i) long_name += "0161";
  const auto message = from_hex(std::string(kHeader) + long_name + "0000010001");
  EXPECT_FALSE(view_of(message).question()) << "257 bytes";
}

TEST(Dns, NamesAsText) {
  const auto root = from_hex("123401000001000000000000 00 00020001");
  EXPECT_EQ(to_text(*view_of(root).question()), ". NS");
  const auto odd = from_hex("123401000001000000000000 04 612e0a5c 00 03e70001");
  EXPECT_EQ(to_text(*view_of(odd).question()), "a\\046\\010\\092. TYPE999");
}

TEST(Dns, AnswerBelongsToItsQuery) {
  const auto query = from_hex(kPlainQuery);
  const auto answer = from_hex(kAnswer);
  EXPECT_TRUE(is_answer_to(view_of(answer), view_of(query)));
  EXPECT_FALSE(is_answer_to(view_of(query), view_of(query))) << "not a response";

  auto other = answer;
  other[1] ^= std::byte{1};
  EXPECT_FALSE(is_answer_to(view_of(other), view_of(query))) << "id";
  other = answer;
  other[13] ^= std::byte{1};
  EXPECT_FALSE(is_answer_to(view_of(other), view_of(query))) << "name";
  other = answer;
  other[26] ^= std::byte{2};
  EXPECT_FALSE(is_answer_to(view_of(other), view_of(query))) << "type";
  const auto bare_refusal = from_hex("123481850000000000000000");
  EXPECT_TRUE(is_answer_to(view_of(bare_refusal), view_of(query)));
  const auto bare_success = from_hex("123481800000000000000000");
  EXPECT_FALSE(is_answer_to(view_of(bare_success), view_of(query)));
}

TEST(Dns, ReplyKeepsQuestionAndEdns) {
  const auto message = from_hex(kQuery);
  std::array<std::byte, 512> out{};
  const size_t length = emit_dns_reply(out, view_of(message), DnsResponseCode::kServerFailure);
  EXPECT_EQ(to_hex(base::Bytes(out).first(length)),
            "123481820001000000000001076578616d706c6503636f6d00001c0001"
            "00002904d0000000000000");
  EXPECT_TRUE(is_answer_to(*DnsView::parse(base::Bytes(out).first(length)), view_of(message)));
  EXPECT_EQ(emit_dns_reply(base::MutableBytes(out).first(length - 1), view_of(message),
                           DnsResponseCode::kServerFailure),
            0U);
}

TEST(Dns, EmptyAndTruncatedReplies) {
  const auto plain = from_hex(kPlainQuery);
  std::array<std::byte, 512> out{};
  size_t length = emit_dns_reply(out, view_of(plain), DnsResponseCode::kNoError);
  EXPECT_EQ(to_hex(base::Bytes(out).first(length)),
            "123481800001000000000000076578616d706c6503636f6d0000010001");
  length = emit_dns_reply(out, view_of(plain), DnsResponseCode::kNoError, true);
  EXPECT_TRUE(DnsView::parse(base::Bytes(out).first(length))->is_truncated());
}

TEST(Dns, ReplyToAMalformedQuestionHasNone) {
  const auto message = from_hex("123401000001000000000000 c00c00010001");
  std::array<std::byte, 512> out{};
  const size_t length = emit_dns_reply(out, view_of(message), DnsResponseCode::kFormatError);
  EXPECT_EQ(to_hex(base::Bytes(out).first(length)), "123481810000000000000000");
}

}  // namespace
}  // namespace nsrun::wire
