/*
 * Money for model calls: two processes drive a run each, on one ledger, and die anywhere DEATHS times.
 *
 * After planner/ledger.py (one transaction decides and writes the reservation), planner/purse.py (a
 * reservation is an intended call in the run's journal) and planner/policy.py (may_ask_model: the cap of
 * calls is counted in that journal). What is on the wire is counted apart, by who cannot be refunded.
 *
 *   P5_wire_within_cap    what the provider has charged never passes the cap
 *   P5_booked_covers_wire nor what is booked: a cap that is not passed on paper is not passed
 *   P6_calls_within_cap   at most RETRIES requests of a run on the wire, across crashes
 */

#ifndef DEATHS
#define DEATHS 3
#endif
#define CAP 5      /* limits.max_usd_per_day */
#define MOST 2     /* what one call may cost; it costs that, or 1 */
#define RETRIES 2  /* limits.max_retries */
#define NOBODY 0

bool P5_wire_within_cap = true, P5_booked_covers_wire = true, P6_calls_within_cap = true;
#define claim(name, holds) assert((holds) || !name)

byte booked;           /* durable: sum(coalesce(settled, reserved)) over the table of calls */
byte calls[2];         /* durable: model_calls of each run */
byte database = NOBODY;
byte wire, sent[2];    /* what was charged, and how many requests went out */
byte deaths = DEATHS;
chan sigkill[2] = [0] of { bit };

proctype planner(bit me) {
  byte seen = 0, bill = 0;
  {
    skip;
diagnosing:
end_idle:
    calls[me] < RETRIES;  /* policy.may_ask_model */
#ifdef BUG_LOOKED_BEFORE_THE_TRANSACTION
    seen = booked;
    atomic { database == NOBODY -> database = me + 1 };
#else
    atomic { database == NOBODY -> database = me + 1 };
    seen = booked;
#endif
    if
    :: seen + MOST > CAP -> atomic { database = NOBODY; seen = 0; goto refused }  /* LimitReached */
    :: else
    fi;
#ifdef BUG_BOOKED_AFTER_THE_CALL
    atomic { database = NOBODY; seen = 0 };
#else
    atomic { booked = booked + MOST; database = NOBODY; seen = 0 };
#endif
#ifndef BUG_CALL_COUNTED_AFTERWARDS
    calls[me]++;          /* EffectIntended */
#endif
    atomic {              /* the request is on the wire: whatever comes now, it is charged */
      if :: bill = 1 :: bill = MOST fi;
      wire = wire + bill; sent[me]++;
      claim(P5_wire_within_cap, wire <= CAP);
      claim(P5_booked_covers_wire, wire <= booked);
      claim(P6_calls_within_cap, sent[me] <= RETRIES)
    };
#ifdef BUG_CALL_COUNTED_AFTERWARDS
    calls[me]++;
#endif
    atomic {              /* settle: what it took, where the reply tells; else all that was set aside */
      database == NOBODY;
#ifdef BUG_BOOKED_AFTER_THE_CALL
      booked = booked + bill;
#else
      if
      :: booked = booked - MOST + bill
#ifdef BUG_UNPRICED_IS_FREE
      :: booked = booked - MOST
#else
      :: true
#endif
      fi;
#endif
      claim(P5_booked_covers_wire, wire <= booked);
      bill = 0
    };
    goto diagnosing;
refused:
end_refused:
    false
  } unless { atomic { sigkill[me]?_ ->
#ifdef BUG_SETTLE_REFUNDS_ON_CRASH
    if :: bill > 0 -> booked = booked - MOST :: else fi;  /* a reservation that nobody settled is given back */
#endif
    seen = 0; bill = 0; goto diagnosing } }
}

proctype death() {
end_none:
  do
  :: atomic { deaths > 0 -> deaths--; if :: database == 1 -> database = NOBODY :: else fi; sigkill[0]!0 }
  :: atomic { deaths > 0 -> deaths--; if :: database == 2 -> database = NOBODY :: else fi; sigkill[1]!0 }
  od
}

init { atomic { run planner(0); run planner(1); run death() } }
