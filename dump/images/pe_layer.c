#include "dump/images/pe_layer.h"

#include "attach/target/overlay_target.h"
#include "base/cleanup.h"
#include "base/list.h"

/* A range of the file and where it is in the target. */
struct file_span {
	uint64_t address;
	uint64_t start, end; /* in the file */
};

struct pe_layer {
	struct target *overlay;
	const struct pe_source *source;
	const char *mapped_path;
	const struct task *task; /* may be NULL */
	struct pe_file_part
		*changed; /* ascending by file offset, which counts from the PE's start */
	size_t changed_count, changed_capacity;
	struct file_span *spans;
	size_t span_count, span_capacity;
};

static void pe_layer_deinit(struct pe_layer *layer)
{
	free(layer->changed);
	free(layer->spans);
}

static struct error *take_changed(const struct pe_file_part *part, void *context)
{
	struct pe_layer *layer = context;
	TRY(LIST_GROW(layer->changed, layer->changed_count, layer->changed_capacity));
	layer->changed[layer->changed_count++] = *part;
	return NULL;
}

static int compare_changed(const void *left, const void *right)
{
	const struct pe_file_part *a = left, *b = right;
	return a->file_offset < b->file_offset ? -1 : a->file_offset > b->file_offset;
}

static struct error *add_span(struct pe_layer *layer, struct file_span span)
{
	if (layer->span_count >= LIMIT_FILE_MAPPINGS)
		return NULL;
	TRY(LIST_GROW(layer->spans, layer->span_count, layer->span_capacity));
	layer->spans[layer->span_count++] = span;
	return NULL;
}

static struct error *take_mapping(const struct mapping *mapping, void *context)
{
	struct pe_layer *layer = context;
	uint64_t end = mapping->file_offset + (mapping->end - mapping->start);
	if (mapping->file_offset >= layer->source->end || end <= layer->source->offset ||
	    strcmp(mapping->path, layer->mapped_path))
		return NULL;
	return add_span(layer, (struct file_span){ mapping->start, mapping->file_offset, end });
}

/* The headers end where the first section begins in the file. */
static struct error *take_image(struct pe_layer *layer, const struct managed_image *image)
{
	uint64_t first = layer->source->offset, headers_end = layer->source->end;
	const struct pe_file *pe = layer->source->image;
	if (!image->address)
		return NULL;
	for (size_t i = 0; image->mapped && i < pe->section_count; i++) {
		const struct pe_file_section *section = &pe->sections[i];
		uint64_t start = first + section->file_offset;
		if (!section->file_size)
			continue;
		if (start < headers_end)
			headers_end = start;
		TRY(add_span(layer, (struct file_span){ image->address + section->virtual_address,
							start, start + section->file_size }));
	}
	return add_span(layer, (struct file_span){ image->address, first, headers_end });
}

/*
 * Does this span hold the changed part where the loaded image has it? Then it is as far above a
 * span of the headers as the part's RVA asks. The runtime also maps files whole (flat), and the
 * pages of one section can appear at the end of another's mapping: those are as in the file.
 */
static bool is_loaded_there(const struct pe_layer *layer, const struct file_span *span,
			    const struct pe_file_part *part)
{
	uint64_t headers_at = layer->source->offset;
	uint64_t address = span->address + (headers_at + part->file_offset - span->start);
	for (size_t i = 0; i < layer->span_count; i++) {
		const struct file_span *headers = &layer->spans[i];
		if (headers->start <= headers_at && headers->end > headers_at &&
		    address - part->rva == headers->address + (headers_at - headers->start))
			return true;
	}
	return false;
}

/* The next part from *index on that loading changed, and that ends after `at`. A damaged file has
 * as many as it has room for. */
static struct error *changed_next(const struct pe_layer *layer, const struct file_span *span,
				  uint64_t at, size_t *index)
{
	for (; *index < layer->changed_count; ++*index) {
		const struct pe_file_part *part = &layer->changed[*index];
		TRY(task_check(layer->task, "laying the bytes of a managed file"));
		if (layer->source->offset + part->file_offset + part->size > at &&
		    is_loaded_there(layer, span, part))
			break;
	}
	return NULL;
}

/* One span: what the file has of it, without what loading changes. */
static struct error *lay_span(const struct pe_layer *layer, const struct file_span *span)
{
	uint64_t first = layer->source->offset;
	/* In a bundle another file may begin or end on the same page: not proven, so not laid. */
	uint64_t at = span->start > first ? span->start : first;
	uint64_t last = span->end < layer->source->end ? span->end : layer->source->end;
	for (size_t i = 0; at < last; i++) {
		TRY(changed_next(layer, span, at, &i));
		bool more = i < layer->changed_count;
		uint64_t stop = more ? first + layer->changed[i].file_offset : last;
		if (stop > last)
			stop = last;
		if (stop > at)
			TRY(overlay_target_add(layer->overlay, span->address + (at - span->start),
					       layer->source->bytes + at, (size_t)(stop - at),
					       NULL));
		if (!more)
			break;
		at = first + layer->changed[i].file_offset + layer->changed[i].size;
	}
	return NULL;
}

struct error *pe_layer_lay(struct target *overlay, const struct pe_source *source,
			   const char *mapped_path, const struct managed_file *file,
			   const struct task *task, bool *ret_laid)
{
	CLEANUP(pe_layer_deinit)
	struct pe_layer layer = {
		.overlay = overlay, .source = source, .mapped_path = mapped_path, .task = task
	};
	TRY(pe_file_visit_changed(source->image, source->bytes + source->offset,
				  source->size - (size_t)source->offset, take_changed, &layer));
	if (layer.changed_count)
		qsort(layer.changed, layer.changed_count, sizeof(*layer.changed), compare_changed);
	if (mapped_path) {
		TRY(target_visit_mappings(overlay, take_mapping, &layer));
	} else {
		TRY(take_image(&layer, &file->loaded));
		TRY(take_image(&layer, &file->flat));
	}
	for (size_t i = 0; i < layer.span_count; i++)
		TRY(lay_span(&layer, &layer.spans[i]));
	*ret_laid = layer.span_count > 0;
	return NULL;
}
