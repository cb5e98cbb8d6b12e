// SPDX-License-Identifier: Apache-2.0
#include "slirp/known_holes.hh"

#include <gtest/gtest.h>

#include "slirp/engine.hh"

namespace nsrun::slirp {
namespace {

constexpr KnownHole kHoles[] = {
    {"CVE-1", {4, 6, 0}, false}, {"CVE-2", {4, 9, 2}, false}, {"CVE-3", {4, 10, 0}, true}};

TEST(HoleWarning, NamesWhatIsOpenAndTheVersionThatMendsAllOfIt) {
  const std::string warning = hole_warning("4.5.0", kHoles);
  EXPECT_NE(warning.find("libslirp 4.5.0"), std::string::npos) << warning;
  EXPECT_NE(warning.find("CVE-1, CVE-2;"), std::string::npos) << warning;
  EXPECT_NE(warning.find("version 4.9.2"), std::string::npos) << warning;
}

TEST(HoleWarning, LeavesOutWhatTheVersionHasMended) {
  EXPECT_EQ(hole_warning("4.6.0", kHoles).find("CVE-1"), std::string::npos);
  EXPECT_NE(hole_warning("4.6.0", kHoles).find("CVE-2"), std::string::npos);
}

TEST(HoleWarning, IsEmptyWhenOnlyCoveredOnesAreLeft) {
  EXPECT_EQ(hole_warning("4.9.2", kHoles), "");
  EXPECT_EQ(hole_warning("4.10.0", kHoles), "");  // numbers, not letters
  EXPECT_EQ(hole_warning("5.0.0-rc1", kHoles), "");
}

TEST(HoleWarning, SaysThatAVersionCannotBeCompared) {
  for (const char* version : {"", "4", "4.7", "4.x.0", "devel"}) {
    EXPECT_NE(hole_warning(version, kHoles).find("cannot be compared"), std::string::npos)
        << version;
  }
}

TEST(KnownHoles, NoneIsOpenInTheVersionThatIsLinked) {
  EXPECT_EQ(hole_warning(Engine::version(), known_holes()), "");
}

}  // namespace
}  // namespace nsrun::slirp
