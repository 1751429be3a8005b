/* The heap's lock, apart from what opens a heap: types and names are made under it. */
#include "heap/heap.h"

void heap_lock(struct heap *heap)
{
	pthread_mutex_lock(&heap->lock);
}

void heap_unlock(struct heap *heap)
{
	pthread_mutex_unlock(&heap->lock);
}
