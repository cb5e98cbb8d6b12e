// SPDX-License-Identifier: Apache-2.0
#include "ctl/text.hh"

#include <gtest/gtest.h>

namespace nsrun::ctl {
namespace {

TEST(CtlText, BytesHaveTwoDigitsOrMoreAndAUnit) {
  EXPECT_EQ(format_bytes(0), "0");
  EXPECT_EQ(format_bytes(999), "999");
  EXPECT_EQ(format_bytes(1000), "1.0K");
  EXPECT_EQ(format_bytes(10 * 1024), "10K");
  EXPECT_EQ(format_bytes(1023 * 1024), "1.0M");
  EXPECT_EQ(format_bytes(5'000'000'000), "4.7G");
  EXPECT_EQ(format_bytes(UINT64_MAX), "16E");
}

TEST(CtlText, RoundTripsAreMilliseconds) {
  EXPECT_EQ(format_microseconds(31), "0.03ms");
  EXPECT_EQ(format_microseconds(12'340), "12.3ms");
  EXPECT_EQ(format_microseconds(1'250'000), "1250ms");
}

TEST(CtlText, NoControlCharacterReachesTheTerminal) {
  EXPECT_EQ(printable("a\x1b[2Jb\x7f\n"), "a?[2Jb??");
  EXPECT_EQ(printable("a\xc2\x9b"
                      "2Jb"),
            "a\xc2?2Jb");  // U+009B, in UTF-8
  EXPECT_EQ(printable("a\x9b"
                      "2Jb"),
            "a?2Jb");  // and in Latin-1
  EXPECT_EQ(printable("\xc3\x9c"
                      "ber \xe2\x82\xac"),
            "\xc3\x9c"
            "ber \xe2\x82\xac");
}

TEST(CtlText, EndpointsOfIpv6HaveBrackets) {
  EXPECT_EQ(endpoint_text({{"a", "::1"}, {"p", 80}}, "a", "p"), "[::1]:80");
  EXPECT_EQ(endpoint_text({{"a", "10.0.2.100"}, {"p", 80}}, "a", "p"), "10.0.2.100:80");
}

}  // namespace
}  // namespace nsrun::ctl
