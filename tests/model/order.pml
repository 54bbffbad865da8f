/* SPDX-License-Identifier: ISC */
/*
 * The order of the log, for the model checker spin: the writers' and readers'
 * protocol that HACKING.md describes under "The order of the log".
 *
 * By hand, in an empty folder (run.sh does it with every variant):
 *
 *	spin -a -DCRASH /path/to/order.pml
 *	cc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -m10000
 *
 * checks every interleaving and must print "errors: 0".  With -DBROKEN and the
 * name of a broken variant pan finds an error, and "spin -t -p -g" with the same
 * definitions prints the interleaving that leads to it.
 *
 * A transaction is one batch.  Its rows share a position, so that one bit stands
 * for all of them.  A statement, an atomic block and a d_step are one step each;
 * between two steps the other processes may run for as long as they like.
 *
 * Faults, at most one in a run:
 *	CRASH		a crash, or a failover to a synchronous standby
 *	RESTORE		a restored dump, an asynchronous standby, another host
 *
 * Another reader:
 *	FROM_M		the newest position is that of the sequence, and a
 *			reader of history follows from its last row on
 *
 * Broken variants, each a rule that is not kept.  With BROKEN, only what a
 * reader notices is an error:
 *	LATE_LOCK	the lock is taken after the position is published
 *	NOT_EXCLUSIVE	positions are assigned without the exclusive section
 *	NO_SEQUENCE	the clock alone decides
 *	NAME_IGNORED	a position may be below the one that the lock names
 *	EARLY_RELEASE	the lock is released before the rows are visible
 *	LOCKS_FIRST	the locks are read before the newest position
 *	LATE_HORIZON	the locks are read after the snapshot is taken
 *	START_AT_M	with CRASH: FROM_M, but followed from the horizon on
 *	SLOW_CLOCK	with RESTORE: the clock has not gone on
 */
#ifndef WRITERS
#define WRITERS	3
#endif
#ifndef BATCHES
#define BATCHES	1
#endif
#ifndef TICKS
#define TICKS	2
#endif
#define BIT(n)	(1 << (n))
/*
 * Each writer commits batches of events, except the last one: it changes device
 * memberships once, which are rows of the log that a reader does not return.
 */
#define ROWS	((WRITERS - 1) * BATCHES + 1)
#define EVENTS	(BIT(ROWS - 1) - 1)
#define START	1		/* the lowest value of the clock */
#define NONE	255		/* no lock */
#define MAX(a, b)	((a) > (b) -> (a) : (b))
#define MIN(a, b)	((a) < (b) -> (a) : (b))
#if defined(CRASH) || defined(RESTORE)
#define BEGIN(session)	crashed[session] = false
#define UNLESS_CRASHED(session)	unless { crashed[session] }
#else
#define BEGIN(session)	skip
#define UNLESS_CRASHED(session)
#endif

/* The database. */
byte clock = START;
byte m;				/* the sequence: last position assigned */
bool busy;			/* the lock of the exclusive section */
byte lock[WRITERS] = NONE;	/* pg_locks: what each key names */
byte position[ROWS];
short flushed;			/* rows with a commit in WAL, not visible yet */
short visible;
bool crashed[WRITERS + 1];	/* sessions that have to begin again */

/* The reader's client. */
byte cursor;			/* the last position looked at */
short seen;

/* For the clock and the properties. */
byte ticks;
bool steady;			/* the clock does not step back any more */
byte latest;			/* the position assigned last */
byte started, done;		/* writers */

/* The clock goes on and steps back between two readings. */
inline read_clock(result)
{
	if
	:: ticks < TICKS -> clock++; ticks++
	:: !steady && clock > START -> clock = START; steady = true
	:: skip
	fi;
	result = clock
}

/* What creel.next_position() does. */
inline assign()
{
#ifndef LATE_LOCK
	do
	::	atomic {
			read_clock(now);
			named = MAX(now, m + 1);
			now = 0
		};
		lock[w] = named;
		if
		:: m < named -> break
		:: else -> lock[w] = NONE	/* that was too late */
		fi
	od;
#endif
	atomic {
#ifndef NOT_EXCLUSIVE
		!busy -> busy = true;
#endif
		read_clock(now);
#ifdef NO_SEQUENCE
		next = now + 1;
#else
#ifdef NAME_IGNORED
		named = 0;
#endif
		next = MAX(now, m + 1);
		next = MAX(next, named);
#endif
		now = 0;
		named = 0
	};
	d_step {
#ifndef BROKEN
		/* Positions rise in the order in which they are assigned. */
		assert(next > latest);
#endif
		m = next;
		latest = next;
		position[n] = next;
		next = 0;
		busy = false
	}
#ifdef LATE_LOCK
	;
	lock[w] = position[n]
#endif
}

inline publish(row)
{
	/* No row is committed behind a cursor. */
	assert(position[row] > cursor);
	visible = visible | BIT(row);
	flushed = flushed & ~BIT(row)
}

proctype writer(byte w)
{
	byte n = w * BATCHES;
	byte now, named, next;

	/* Writers of events are alike: one order to begin in is enough. */
	atomic { w == WRITERS - 1 || w == started -> started++ };
	do
	:: n < MIN((w + 1) * BATCHES, ROWS) ->
		BEGIN(w);
		{
			assign();
#ifdef EARLY_RELEASE
			lock[w] = NONE;
#endif
			if
			:: d_step { position[n] = 0; lock[w] = NONE }
			:: 	/* ROLLBACK, or COMMIT: */
#ifdef CRASH
				flushed = flushed | BIT(n);
#endif
				d_step { publish(n) };
				lock[w] = NONE
			fi
		} UNLESS_CRASHED(w);
		d_step { now = 0; named = 0; next = 0; n++ }
	:: else -> break
	od;
	done++
}

inline newest_of(rows, result)
{
	result = 0;
	for (i : 0 .. ROWS - 1) {
		if
		:: (rows) & BIT(i) && position[i] > result ->
			result = position[i]
		:: else
		fi
	}
	i = 0
}

inline read_locks()
{
	d_step {
		horizon = newest + 1;
		for (i : 0 .. WRITERS - 1) {
			if
			:: lock[i] < horizon -> horizon = lock[i]
			:: else
			fi
		}
		i = 0
	}
}

/* Returns the snapshot's rows behind the cursor and before the horizon. */
inline read_rows(snapshot)
{
	d_step {
		newest = cursor;
		for (i : 0 .. ROWS - 1) {
			if
			:: snapshot & EVENTS & BIT(i) &&
			    position[i] > cursor && position[i] < horizon ->
				/* No event is repeated. */
				assert(!(seen & BIT(i)));
				seen = seen | BIT(i);
				newest = MAX(newest, position[i])
			:: else
			fi
		}
		/* A reader of history follows from the horizon on. */
		if
#ifndef FROM_M
		:: history -> cursor = horizon - 1
#endif
		:: else -> cursor = newest
		fi;
		i = 0;
		history = false;
		rows = 0;
		horizon = 0;
		newest = 0
	}
}

inline read()
{
#ifdef LOCKS_FIRST
	newest = NONE - 1;
	read_locks();
	d_step {
		newest_of(visible & EVENTS, newest);
		horizon = MIN(horizon, newest + 1)
	};
#else
#if defined(FROM_M) || defined(START_AT_M)
	newest = m;
#else
	d_step { newest_of(visible & EVENTS, newest) };
#endif
#ifdef LATE_HORIZON
	rows = visible;
#endif
	read_locks();
#endif
#ifdef LATE_HORIZON
	read_rows(rows)
#else
	read_rows(visible)
#endif
}

/*
 * One reader stands for all, because a reader changes nothing that others see.
 * It has a cursor from before the first event, or reads history and follows.
 */
active proctype reader()
{
	byte newest, horizon, i;
	short rows;
	bool history;

	if
	:: history = true
	:: skip
	fi;
	do
	:: BEGIN(WRITERS);
		{ read() } UNLESS_CRASHED(WRITERS);
		d_step { newest = 0; horizon = 0; rows = 0 }
	:: done == WRITERS -> break
	od;
	read();
	/* No event is skipped. */
	assert(!(visible & EVENTS & ~seen))
}

#if defined(CRASH) || defined(RESTORE)
/* A commit in WAL counts, except on a standby that does not have it. */
inline end_sessions()
{
	for (i : 0 .. WRITERS - 1) {
		crashed[i] = true;
		lock[i] = NONE
	}
	crashed[WRITERS] = true;
	busy = false;
	for (i : 0 .. ROWS - 1) {
		if
		:: flushed & BIT(i) -> publish(i)
		:: !(visible & BIT(i)) -> position[i] = 0
		:: else
		fi
	}
	i = 0;
	flushed = 0
}

inline lose_rows()
{
	for (i : 0 .. ROWS - 1) {
		if
		:: visible & BIT(i) ->
			visible = visible & ~BIT(i);
			position[i] = 0
		:: true
		fi
	}
	i = 0
}

active proctype fault()
{
	byte i, low;

	atomic {
		m > 0 -> end_sessions();
#ifdef CRASH
		/*
		 * The sequence may lose values, but none below a commit in WAL.
		 * The clock may step back.
		 */
		newest_of(visible, low);
		if
		:: m = low
		:: skip
		fi;
		low = 0;
		latest = m;
		if
		:: !steady -> clock = START; steady = true
		:: skip
		fi
#else
		/*
		 * The sequence and any rows may be lost.  The clock has gone on
		 * since the last position was assigned.
		 */
		lose_rows();
		if
		:: m = 0
		:: skip
		fi;
		steady = true;
#ifdef SLOW_CLOCK
		clock = START
#else
		clock = MAX(clock, latest + 1)
#endif
#endif
	}
}
#endif

init {
	byte i;

	atomic {
		for (i : 0 .. WRITERS - 1) {
			run writer(i)
		}
		i = 0
	}
}
