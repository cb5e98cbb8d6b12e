// SPDX-License-Identifier: Apache-2.0
//
// RFC 5961 section 5.2: what was not sent cannot be acknowledged, nor what is older than any
// window; the payload of such a segment is not taken.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, ChallengeAcknowledgmentOfTheFuture) {
  guest_connected();
  guest.sends(data(100).ack(2));
  relay.sends(ack(1));
  host.has_received(0);
  flow.is(State::kEstablished);
}

TEST_P(Scenario, ChallengeAcknowledgmentOfThePast) {
  guest_connected();
  guest.sends(data(100).ack(1U - 65536 - 1));
  relay.sends(ack(1));
  host.has_received(0);
}

TEST_P(Scenario, OldAcknowledgmentWithNewDataIsFine) {
  guest_connected();
  host.gives(2000);
  relay.sends(data(2000));
  guest.sends(ack(2001));
  guest.sends(data(100).ack(1));
  relay.sends(ack(101));
  host.has_received(100);
}

}  // namespace nsrun::tcp
