/* When looks that follow each other say that memory runs short: by the room, and by its rate. */
#include "attach/memory_guard.h"
#include "tests/unit/tap.h"

#include <unistd.h>

enum { MIB = 1024 * 1024, LOOK_NS = 4 * 1000 * 1000 };

static const struct memory_room group = {
	.limit_bytes = 1024ull * MIB,
	.floor_bytes = 32ull * MIB,
	.level = 1,
};

static struct memory_room room_of(uint64_t mib, bool has_cached)
{
	struct memory_room room = group;
	room.room_bytes = mib * MIB;
	room.has_cached = has_cached;
	return room;
}

/* So many looks later, 4 ms each. */
static bool step(struct memory_pace *pace, struct memory_room room, uint64_t looks)
{
	return memory_pace_step(pace, &room, pace->from_ns + looks * LOOK_NS);
}

/* After two looks: it fell from 500 to 480 MiB, 200 in 40 ms. */
static struct memory_pace falling(void)
{
	struct memory_pace pace = { 0 };
	CHECK(!step(&pace, room_of(500, false), 1));
	CHECK(!step(&pace, room_of(480, false), 1));
	CHECK_NUMBER(pace.ahead_bytes / MIB, 199);
	return pace;
}

TEST(the_first_look)
{
	struct memory_pace pace = { 0 };
	CHECK(!step(&pace, room_of(32, true), 1000));
	CHECK_NUMBER(pace.ahead_bytes, 0);
	pace = (struct memory_pace){ 0 };
	CHECK(step(&pace, room_of(31, true), 1000));
	CHECK_NUMBER(pace.room.room_bytes / MIB, 31);
}

TEST(a_fall)
{
	struct memory_pace pace = falling();
	CHECK(!step(&pace, room_of(460, false), 1));
	CHECK(step(&pace, room_of(230, false), 10));
}

TEST(a_rise)
{
	struct memory_pace pace = falling();
	CHECK(!step(&pace, room_of(481, false), 1));
	CHECK_NUMBER(pace.ahead_bytes, 0);
}

TEST(a_look_that_comes_soon_takes_no_rate)
{
	struct memory_pace pace = { 0 };
	struct memory_room room = room_of(80, false);
	step(&pace, room_of(90, false), 1);
	CHECK(!memory_pace_step(&pace, &room, pace.from_ns + LOOK_NS / 2));
	CHECK_NUMBER(pace.from.room_bytes / MIB, 90);
	CHECK(step(&pace, room_of(70, false), 1));
}

TEST(another_limit_is_no_fall)
{
	struct memory_pace pace = { 0 };
	struct memory_room room = room_of(100, false);
	step(&pace, room_of(500, false), 1);
	room.limit_bytes -= 400ull * MIB;
	CHECK(!step(&pace, room, 1));
	CHECK_NUMBER(pace.ahead_bytes, 0);
}

TEST(another_level_is_no_fall)
{
	struct memory_pace pace = { 0 };
	struct memory_room room = room_of(100, false);
	step(&pace, room_of(500, false), 1);
	room.level++;
	CHECK(!step(&pace, room, 1));
	CHECK_NUMBER(pace.ahead_bytes, 0);
}

/* 60 MiB that are free and 500 that can be taken back, then 65 that are free: more, not less. */
TEST(another_measure_is_no_fall)
{
	struct memory_pace pace = { 0 };
	CHECK(!step(&pace, room_of(560, true), 1));
	CHECK(!step(&pace, room_of(65, false), 1));
	CHECK_NUMBER(pace.ahead_bytes, 0);
}

TEST(another_measure_hides_no_fall)
{
	struct memory_pace pace = falling();
	CHECK(step(&pace, room_of(220, true), 1));
	CHECK(!step(&pace, room_of(240, true), 1));
	CHECK_NUMBER(pace.ahead_bytes, 0);
}

TEST(a_second_look_at_the_same_time)
{
	struct memory_pace pace = falling();
	CHECK(step(&pace, room_of(200, false), 10));
	CHECK(!step(&pace, room_of(700, true), 0));
	CHECK_NUMBER(pace.room.room_bytes / MIB, 700);
	CHECK(!pace.from.has_cached);
	CHECK(pace.ahead_bytes > 0);
}

TEST(what_may_be_taken_of_a_room)
{
	struct memory_room room = room_of(500, true);
	CHECK_NUMBER(memory_room_spare_bytes(&room) / MIB, 468);
	room = room_of(64, true);
	CHECK_NUMBER(memory_room_spare_bytes(&room) / MIB, 32);
	room = room_of(40, true);
	CHECK_NUMBER(memory_room_spare_bytes(&room) / MIB, 20);
	room = room_of(0, true);
	CHECK_NUMBER(memory_room_spare_bytes(&room), 0);
}

/* Whatever limits us here: it is no more than this machine has. */
TEST(what_may_be_taken_here)
{
	struct memory_guard *guard;
	struct memory_room room;
	bool machine;
	CHECK_OK(memory_guard_open(getpid(), &guard));
	memory_guard_room(guard, true, &room);
	uint64_t spare = memory_guard_spare_bytes(guard, &machine);
	memory_guard_close(guard);
	CHECK(spare <= room.limit_bytes);
	CHECK(room.is_machine || !machine);
}

static const struct tap_case cases[] = {
	CASE(the_first_look),
	CASE(a_fall),
	CASE(a_rise),
	CASE(a_look_that_comes_soon_takes_no_rate),
	CASE(another_limit_is_no_fall),
	CASE(another_level_is_no_fall),
	CASE(another_measure_is_no_fall),
	CASE(another_measure_hides_no_fall),
	CASE(a_second_look_at_the_same_time),
	CASE(what_may_be_taken_of_a_room),
	CASE(what_may_be_taken_here),
};
TAP_MAIN(cases)
