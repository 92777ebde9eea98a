/*
 * A run, its kill switch, its lock and its apply, as processes that may die anywhere.
 *
 * Two planners work on one module with two runs, an operator throws the switch and takes it back, a
 * person answers what is asked, somebody uses Terraform by hand, and planners, Terraform or the power
 * fail DEATHS times, between any two steps. What is written to the journal survives, as do the state
 * and the world. `test_model.py` compiles this file once as it is and once for each BUG_ name,
 * and tells what spin has to find. A claim is an assertion that names the promise it is about:
 *
 *   P1_nothing_made_twice          a resource that exists is not created again unasked
 *   P1_no_plan_applied_twice       one saved plan, one apply
 *   P6_retries_within_cap          at most CAP retries in a run, across crashes
 *   P8_nothing_starts_after_stop   once `planner stop` returned, no Terraform starts
 *   P8_nothing_intended_after_stop nor is an effect intended
 *   P12_one_interrupt              one stop request is one SIGINT
 *   I1_intended_before_started     a process has its durable intention before it
 *   I5_lock_only_of_the_dead       no lock is taken from a holder that lives
 *   I13_one_terraform              never two Terraform processes of planner on one module
 *   S5_table_is_whole              no event comes in a state that has no transition for it
 *
 * Three of the BUG_ names are faults that the model found in the code (`test_faults_it_found.py`).
 */

#ifndef CAP
#define CAP 1      /* limits.max_retries */
#endif
#ifndef DEATHS
#define DEATHS 2   /* of planners, of Terraform, of the machine */
#endif
#define NOBODY 0

mtype:state = { INIT, RUNNING, VALIDATING, DIAGNOSING, SUCCESS, FAILED }
mtype:event = { begin, applied, errored, verified, rejected, remedied, approved, exhausted, killed }
mtype:effect = { NONE, PLAN, APPLY, CHANGE }
mtype:ended = { COMPLETED, ERRORED, STOPPED, KILLED, UNKNOWN }
mtype:statelock = { FREE, OURS, LEAKED, BY_HAND }

/* A claim's name stands in the text of its assertion, and so in what spin prints. */
bool P1_nothing_made_twice = true, P1_no_plan_applied_twice = true, P6_retries_within_cap = true,
     P8_nothing_starts_after_stop = true, P8_nothing_intended_after_stop = true, P12_one_interrupt = true,
     I1_intended_before_started = true, I5_lock_only_of_the_dead = true, I13_one_terraform = true,
     S5_table_is_whole = true;
#define claim(name, holds) assert((holds) || !name)

/* --- durable: the journal of each run (planner/store.py), folded (planner/fold.py) ------------------ */

typedef Run {
  mtype:state state = INIT;
  byte retries;
  mtype:effect open = NONE;  /* open_effect: intended, and nobody has seen its end */
  bool started;              /* open_process: its process is recorded */
  bool other_boot;           /*   … of an earlier boot of the machine */
  bool maybe;                /* maybe_created holds the resource */
  bool pending, parked;      /* a person is asked; nobody drives it meanwhile */
  bool yes, no;              /* what the person said */
  bool creates, used;        /* rundir: the saved plan creates the resource; it was given to an apply */
  bool begun, done           /* rundir: what the apply's output tells of the creation */
};
Run runs[2];
byte opened;   /* how many runs there are */
byte last;     /* which of them was driven last */

/* --- the machine and the world ---------------------------------------------------------------------- */

byte module_lock = NOBODY;            /* planner/lock.py: flock on the module's directory */
byte database = NOBODY;               /* SQLite's write lock, from BEGIN IMMEDIATE to COMMIT */
bool starting[2];                     /* who holds stop.lock shared (planner/switch.py: held) */
bool stop_file, stop_returned;        /* HOME/stop/all; whether `planner stop` has returned since */
chan sigkill[2] = [0] of { bit };     /* ends a planner wherever it is */
chan sigkill_terraform = [0] of { bit };
byte deaths = DEATHS;
bool dark;                            /* the power is off */

mtype:statelock state_lock = FREE;    /* Terraform's own lock of the state */
byte made;                            /* how often the resource was created */
bool known;                           /* whether the state knows it */

typedef Terraform {                   /* the one Terraform process: a second is a violated claim */
  bool alive, exited;
  byte parent, of_run;                   /* its planner, or NOBODY for an orphan; its run */
  mtype:effect what = NONE;
  mtype:ended ended = UNKNOWN;
  byte interrupts;                    /* SIGINTs it got; the second ends it at once */
  bool slow                           /* ends only when it is interrupted */
};
Terraform tf;

/* --- planner/machine.py: the table ------------------------------------------------------------------ */

#define MOVES(source, name) runs[r].state == source && event == name
#define TERMINAL(n) (runs[n].state == SUCCESS || runs[n].state == FAILED)
#define MAY_RETRY runs[r].retries < CAP

/* A `Moved` entry: durable before the machine moves, and the machine is its fold. */
inline send(event) {
  d_step {
    if
    :: MOVES(INIT, begin) -> runs[r].state = RUNNING
    :: MOVES(RUNNING, applied) -> runs[r].state = VALIDATING
    :: MOVES(RUNNING, errored) -> runs[r].state = DIAGNOSING
    :: MOVES(VALIDATING, verified) -> runs[r].state = SUCCESS
    :: MOVES(VALIDATING, rejected) -> runs[r].state = DIAGNOSING
#ifdef BUG_NO_RETRY_CAP
    :: MOVES(DIAGNOSING, remedied) -> runs[r].state = RUNNING; runs[r].retries++
#elif defined(BUG_RETRY_NOT_COUNTED)
    :: MOVES(DIAGNOSING, remedied) -> runs[r].state = RUNNING
#else
    :: MOVES(DIAGNOSING, remedied) && MAY_RETRY -> runs[r].state = RUNNING; runs[r].retries++
    :: MOVES(DIAGNOSING, remedied) && !(MAY_RETRY) -> runs[r].state = FAILED
#endif
    :: MOVES(DIAGNOSING, approved) -> runs[r].state = RUNNING
    :: MOVES(DIAGNOSING, exhausted) -> runs[r].state = FAILED
    :: MOVES(INIT, killed) -> runs[r].state = FAILED
    :: MOVES(RUNNING, killed) -> runs[r].state = FAILED
    :: MOVES(VALIDATING, killed) -> runs[r].state = FAILED
    :: MOVES(DIAGNOSING, killed) -> runs[r].state = FAILED
    :: else -> claim(S5_table_is_whole, false)
    fi;
    runs[r].pending = false;
    claim(P6_retries_within_cap, runs[r].retries <= CAP);
    if :: TERMINAL(r) -> runs[r].retries = 0; runs[r].yes = false; runs[r].no = false :: else fi  /* of no more use */
  }
}

/* --- planner/effects.py, planner/store.py, subagents/process.py: one effect ------------------------- */

/* What the output of an apply leaves open (planner/effects.py: unfinished). */
#ifdef BUG_UNKNOWN_IS_FORGOTTEN
#define UNFINISHED(n) false
#elif defined(BUG_DONE_IS_TAKEN_FOR_SAVED)
#define UNFINISHED(n) (runs[n].begun && !runs[n].done)
#else
#define UNFINISHED(n) runs[n].begun
#endif

/* The same for a planner that did not see the end itself (planner/resume.py: _maybe_created). */
#define MAYBE_CREATED(n) (runs[n].open == APPLY && ((runs[n].other_boot && runs[n].creates) || (!runs[n].other_boot && UNFINISHED(n))))

inline effect_intended(effect) { /* the end of its transaction */
  d_step {
    runs[r].open = effect; runs[r].started = false; runs[r].other_boot = false;
    if :: effect == APPLY -> runs[r].maybe = runs[r].creates :: else fi;
    claim(P8_nothing_intended_after_stop, !stop_returned);
    database = NOBODY
  }
}

inline effect_started() { runs[r].started = true }

inline effect_ended(end, left) {
  d_step {
    if
    :: runs[r].open == APPLY ->
       runs[r].maybe = left;
       if :: end == COMPLETED || end == KILLED || end == UNKNOWN -> runs[r].yes = false :: else fi
    :: else
    fi;
    runs[r].open = NONE; runs[r].started = false; runs[r].other_boot = false;
    runs[r].used = false; runs[r].begun = false; runs[r].done = false  /* rundir: swept */
  }
}

inline spawn(effect) {
  d_step {
    claim(I13_one_terraform, !tf.alive);
    claim(I1_intended_before_started, runs[r].open == effect);
    claim(P8_nothing_starts_after_stop, !stop_returned);
    tf.alive = true; tf.parent = me + 1; tf.of_run = r; tf.what = effect;
    if
    :: effect == APPLY ->
       claim(P1_no_plan_applied_twice, !runs[r].used);
       runs[r].used = true; runs[r].begun = false; runs[r].done = false
    :: else
    fi
  }
}

inline gone() {
  tf.alive = false; tf.exited = false; tf.parent = NOBODY; tf.of_run = 0; tf.what = NONE; tf.ended = UNKNOWN;
  tf.interrupts = 0; tf.slow = false
}

inline interrupt() {
  d_step {
    interrupted = true;
    if :: !tf.exited -> tf.interrupts++ :: else fi;
    claim(P12_one_interrupt, tf.interrupts <= 1)
  }
}

inline release() {
  if :: module_lock == me + 1 -> module_lock = NOBODY :: else fi
}

/* --- a planner process ------------------------------------------------------------------------------ */

#ifdef BUG_NO_LOCK  /* two may not drive one run even so: the journal's numbering refuses the second's entry */
#define MAY_LOCK true
#elif defined(BUG_TAKE_OVER_LIVE_HOLDER)
#define MAY_LOCK (module_lock != me + 1)
#else
#define MAY_LOCK (module_lock == NOBODY)
#endif

#define MAY_OPEN (opened == me) /* each opens one run, and may take up either */
#ifdef BUG_NO_LOCK
#define MAY_RESUME(n) false
#else
#define MAY_RESUME(n) (opened > n && !TERMINAL(n) && (!runs[n].parked || runs[n].yes || runs[n].no))
#endif

/* What the run before may have created without telling the state. */
#define LEFT(n) (MAYBE_CREATED(n) || (runs[n].open != APPLY && runs[n].maybe))

#define ORPHAN_OF(n) (tf.alive && tf.of_run == n && runs[n].open != NONE && runs[n].started)

proctype planner(bit me) {
  byte r = 0, before = 0;
  mtype:effect what = NONE;
  mtype:ended how = UNKNOWN;
  bool interrupted = false, looked = false;
  {
    skip;
end_idle:
    /* planner/app.py: start and resume: refuse_if_stopped, then the lock, then which run. */
    atomic {
      !dark && !stop_file && MAY_LOCK && (MAY_OPEN || MAY_RESUME(0) || MAY_RESUME(1));
      claim(I5_lock_only_of_the_dead, module_lock == NOBODY);
#ifndef BUG_NO_LOCK
      module_lock = me + 1;
#endif
      if
      :: MAY_OPEN -> before = 0; r = opened
      :: MAY_RESUME(0) -> before = 1; r = 0
      :: MAY_RESUME(1) -> before = 0; r = 1
      fi
    }
    /* planner/resume.py: left_behind for a new run, taken_up for an old one. */
    atomic {
#ifndef BUG_ORPHAN_IS_NOT_AWAITED
      if
      :: !ORPHAN_OF(0) && !ORPHAN_OF(1)
#ifdef BUG_RESUME_SEES_ITS_OWN_RUN_ALONE
      :: r < opened && !ORPHAN_OF(r)
#endif
      :: (ORPHAN_OF(0) || ORPHAN_OF(1)) && stop_file -> release(); goto over  /* BusyError */
      fi;
#endif
      if
      :: r == opened ->
         runs[r].maybe = opened > 0 && LEFT(before);
         opened++
      :: else ->
         runs[r].parked = false;
#ifdef BUG_REPEAT_APPLY
         if :: runs[r].open == APPLY -> what = APPLY; last = r; before = 0; goto effect :: else fi;
#endif
         if :: runs[r].open != NONE -> effect_ended(UNKNOWN, MAYBE_CREATED(r)) :: else fi;
#ifndef BUG_RESUME_SEES_ITS_OWN_RUN_ALONE
         if :: last != r && LEFT(before) -> runs[r].maybe = true; runs[r].yes = false :: else fi
#endif
      fi;
      last = r; before = 0
    };

drive: /* planner/loop.py: must_stop, then the work of the state. */
    atomic {
      if
      :: TERMINAL(r) -> release(); goto over
      :: !TERMINAL(r) && stop_file -> send(killed); goto drive
      :: !TERMINAL(r) && !stop_file && runs[r].state == INIT -> send(begin); goto drive
      :: !TERMINAL(r) && !stop_file && runs[r].state != INIT && runs[r].state != DIAGNOSING -> what = PLAN
      :: !stop_file && runs[r].state == DIAGNOSING && runs[r].pending ->  /* planner/answering.py */
         if
         :: runs[r].yes -> send(approved); goto drive
         :: runs[r].no -> send(exhausted); goto drive
         :: else -> runs[r].parked = true; release(); goto over
         fi
      :: !stop_file && runs[r].state == DIAGNOSING && !runs[r].pending ->  /* planner/diagnosing.py */
         if
#ifdef BUG_UNLOCK_LIVE_HOLDER
         :: state_lock != FREE -> what = CHANGE
#else
         :: state_lock == LEAKED -> what = CHANGE  /* its holder is provably dead (planner/holders.py) */
#endif
         :: true -> send(remedied); goto drive
         :: true -> send(exhausted); goto drive
         fi
      fi
    }

effect: /* planner/store.py: append. Look at the switch and write, in one transaction. */
#ifndef BUG_EFFECT_BEFORE_INTENT
    atomic {
      database == NOBODY -> database = me + 1;
      if
      :: stop_file -> database = NOBODY; send(killed); goto drive  /* StoppedError */
      :: else
      fi
    };
    effect_intended(what);
#endif
    /* subagents/process.py and planner/signals.py: starting(). The last look, and the start. */
#ifdef BUG_CHECK_THEN_START
    looked = stop_file;
    starting[me] = true;
#else
    atomic { starting[me] = true; looked = stop_file };
#endif
    if
    :: looked ->
       d_step { starting[me] = false; looked = false; how = STOPPED };
       effect_ended(STOPPED, false);
       goto outcome
    :: !looked
    fi;
#ifdef BUG_STARTED_IS_NOT_YET_RECORDED
    d_step { spawn(what); starting[me] = false };
    effect_started();
#else
    d_step { spawn(what); effect_started(); starting[me] = false };
#endif
#ifdef BUG_EFFECT_BEFORE_INTENT
    atomic { database == NOBODY -> effect_intended(what) };
#endif
    do /* subagents/process.py: _Stopper. One SIGINT for a stop request or a deadline. */
    :: atomic { tf.exited && tf.parent == me + 1 ->
         how = tf.ended; gone(); interrupted = false; break }
#ifndef BUG_STOP_INTERRUPTS_NOBODY
    :: !interrupted && !tf.exited && stop_file -> interrupt()
#endif
#ifndef NO_DEADLINE
    :: !interrupted && !tf.exited && tf.slow -> interrupt()
#endif
#ifdef BUG_EVERY_LOOK_INTERRUPTS
    :: interrupted && !tf.exited && tf.interrupts < 2 -> interrupt()
#endif
    od;
    skip;
    effect_ended(how, (how == KILLED && UNFINISHED(r)));

outcome: /* planner/steps.py: what the end of an effect leads to. */
    atomic {
      if
      :: how == STOPPED -> send(killed)
      :: runs[r].state == DIAGNOSING && how == COMPLETED -> send(remedied)
      :: runs[r].state == DIAGNOSING && (how == ERRORED || how == KILLED) -> send(exhausted)
      :: runs[r].state == RUNNING && (how == ERRORED || how == KILLED) -> send(errored)
      :: runs[r].state == RUNNING && how == COMPLETED && (what == APPLY || !runs[r].creates) -> send(applied)
      :: runs[r].state == RUNNING && how == COMPLETED && what == PLAN && runs[r].creates ->  /* _gated */
         if
         :: runs[r].maybe && !runs[r].yes -> send(errored); runs[r].no = false; runs[r].pending = true
         :: else ->
            if :: stop_file -> send(killed) :: else -> what = APPLY; goto effect fi
         fi
      :: runs[r].state == VALIDATING && (how != COMPLETED || runs[r].creates) && how != STOPPED -> send(rejected)
      :: runs[r].state == VALIDATING && how == COMPLETED && !runs[r].creates ->  /* the checks */
         if :: send(verified) :: send(rejected) fi
      fi;
      what = NONE; how = UNKNOWN; runs[r].creates = false;
      goto drive
    };
over:
    atomic { what = NONE; how = UNKNOWN; before = 0; r = 0; goto end_idle }
  } unless { atomic { sigkill[me]?_ ->
    /* Another process takes up what this one was at, with nothing but what is durable. */
    what = NONE; how = UNKNOWN; before = 0; r = 0; interrupted = false; looked = false;
    goto end_idle } }
}

/* --- Terraform -------------------------------------------------------------------------------------- */

inline exit(code) {
  d_step {
    if :: state_lock == OURS -> state_lock = FREE :: else fi;
    if
    :: tf.parent != NOBODY -> tf.exited = true; tf.ended = code
    :: else -> gone()
    fi
  }
}

/* What SIGKILL leaves: a lock that a local state's kernel frees and a remote one keeps. */
inline ends_at_once() {
  if
  :: state_lock == OURS -> state_lock = FREE
  :: state_lock == OURS -> state_lock = LEAKED
  :: state_lock != OURS
  fi;
  if
  :: tf.parent != NOBODY -> tf.exited = true; tf.ended = KILLED
  :: tf.parent == NOBODY -> gone()
  fi
}

proctype terraform() {
end_none:
  do
  :: tf.alive && !tf.exited ->
     {
       atomic {
         if
         :: tf.what == CHANGE ->
            claim(I5_lock_only_of_the_dead, state_lock != BY_HAND && state_lock != OURS);
            state_lock = FREE; exit(COMPLETED); goto end_none
         :: tf.what != CHANGE && state_lock != FREE -> exit(ERRORED); goto end_none
         :: tf.what != CHANGE && state_lock == FREE -> state_lock = OURS
         fi;
         if :: tf.slow = true :: true fi
       };
       atomic {
         if
         :: tf.interrupts > 0 -> exit(STOPPED)
         :: tf.interrupts == 0 && !tf.slow -> exit(ERRORED)
         :: tf.interrupts == 0 && !tf.slow && tf.what == PLAN ->
            runs[tf.of_run].creates = !known; runs[tf.of_run].used = false;
            exit(COMPLETED)
         :: tf.interrupts == 0 && !tf.slow && tf.what == APPLY ->
            if
            :: known || !runs[tf.of_run].creates -> exit(ERRORED)  /* the saved plan is stale */
            :: else -> runs[tf.of_run].begun = true; goto creates  /* apply_start, then the provider */
            fi
         fi;
         goto end_none
       };
creates:
       atomic { claim(P1_nothing_made_twice, made == 0); made++ };
       runs[tf.of_run].done = true;  /* apply_complete; a remote state is saved some seconds later */
       known = true;
       atomic {
         if
         :: tf.interrupts == 0 -> exit(COMPLETED)
         :: tf.interrupts == 1 -> exit(STOPPED)
         :: tf.interrupts > 1 -> ends_at_once()  /* "Two interrupts received" */
         fi;
         goto end_none
       }
     } unless { atomic { sigkill_terraform?_ -> goto end_none } }
  :: sigkill_terraform?_
  od
}

/* --- what happens to them --------------------------------------------------------------------------- */

/* The kernel's part in the end of a planner: locks and an open transaction are gone, its child is told. */
inline dies(who) {
  if :: module_lock == who + 1 -> module_lock = NOBODY :: else fi;
  if :: database == who + 1 -> database = NOBODY :: else fi;
  starting[who] = false;
  if
  :: tf.alive && tf.parent == who + 1 ->
     tf.parent = NOBODY;
     if
     :: tf.exited -> gone()
     :: else ->
#ifndef BUG_NO_DEATH_SIGNAL
        tf.interrupts++;  /* subagents/launch.py: PR_SET_PDEATHSIG */
#ifdef BUG_DEATH_SIGNAL_AFTER_A_STOP
        claim(P12_one_interrupt, tf.interrupts <= 1)
#endif
#else
        skip
#endif
     fi
  :: else
  fi
}

proctype death() {
end_none:
  do
  :: atomic { deaths > 0 && module_lock == 1 -> deaths--; dies(0); sigkill[0]!0 }
  :: atomic { deaths > 0 && module_lock == 2 -> deaths--; dies(1); sigkill[1]!0 }
  :: atomic { deaths > 0 && tf.alive && !tf.exited -> deaths--; ends_at_once(); sigkill_terraform!0 }
  :: atomic { deaths > 0 && module_lock == 1 -> deaths--; dark = true; dies(0); sigkill[0]!0; goto power_cut }
  :: atomic { deaths > 0 && module_lock == 2 -> deaths--; dark = true; dies(1); sigkill[1]!0; goto power_cut }
  od;
power_cut:
  atomic {
    if :: tf.alive -> ends_at_once(); sigkill_terraform!0 :: else fi
  };
  atomic {
    runs[0].other_boot = runs[0].started; runs[1].other_boot = runs[1].started;
    if  /* the end of what was written to the output may be lost */
    :: runs[0].begun = false; runs[0].done = false; runs[1].begun = false; runs[1].done = false
    :: true
    fi;
    dark = false;
    goto end_none
  }
}

/* `planner stop --all`, and later perhaps `planner start` (planner/store.py: switch_off, switch_on). */
proctype operator() {
end_none:
  stop_file = true;
#ifndef BUG_SWITCH_NO_BARRIER
  !starting[0] && !starting[1];  /* planner/switch.py: stop.lock taken alone */
#endif
#ifndef BUG_SWITCH_NO_TRANSACTION
  database == NOBODY;            /* the empty transaction */
#endif
end_returned:
  stop_returned = true;
#ifndef LIVE  /* a switch that is always taken back would stop everything in the end by itself */
end_off:
  d_step { stop_returned = false; stop_file = false }
#endif
}

/* Who is asked whether something exists looks, imports it where it does, and answers (planner/desk.py). */
#define ASKED(n) (module_lock == NOBODY && runs[n].parked && !runs[n].yes && !runs[n].no)

inline answer(n) {
  if :: made > 0 -> known = true :: else fi;
  if :: runs[n].yes = true :: runs[n].no = true fi
}

proctype person() {
end_none:
  do
  :: atomic { ASKED(0) -> answer(0) }
  :: atomic { ASKED(1) -> answer(1) }
  od
}

/* Somebody uses Terraform by hand, once. */
proctype by_hand() {
end_none:
  atomic { state_lock == FREE -> state_lock = BY_HAND };
  state_lock = FREE
}

init {
  atomic {
    run planner(0); run planner(1); run terraform(); run death(); run person();
#ifdef SWITCH
    run operator();
#endif
#ifdef OTHERS
    run by_hand();
#endif
  }
}

/* --- what must come to pass, under weak fairness ---------------------------------------------------- */

#ifdef LIVE
#ifdef SWITCH
ltl P8_a_stop_ends_what_runs { [] (stop_file -> <> !tf.alive) }
#else
ltl S2_a_run_ends_or_waits { [] (opened > 0 -> <> (TERMINAL(0) || runs[0].parked)) }
#endif
#endif
