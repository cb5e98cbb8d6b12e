// SPDX-License-Identifier: Apache-2.0
//
// RFC 5961 section 7: challenge ACKs are limited in rate, whatever asks for them.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, ChallengeLimit) {
  guest_connected();
  guest.sends(rst().seq(99));
  relay.sends(ack(1));
  for (uint32_t number = 100; number < 200; ++number) guest.sends(rst().seq(number));
  relay.is_silent();
  after(kChallengeInterval - 1ms);
  guest.sends(syn().seq(7));
  relay.is_silent();
  after(1ms);
  guest.sends(syn().seq(7));
  relay.sends(ack(1));
  flow.is(State::kEstablished);
}

}  // namespace nsrun::tcp
