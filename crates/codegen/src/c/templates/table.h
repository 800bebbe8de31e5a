
	s->{{PREFIX}}_cnt = {{COUNT}};
	s->{{PREFIX}}_skel_sz = sizeof(*s->{{MEMBER}});
	s->{{MEMBER}} = (struct {{TYPE}} *)calloc(s->{{PREFIX}}_cnt, s->{{PREFIX}}_skel_sz);
	if (!s->{{MEMBER}}) {
		bpf_object__destroy_skeleton(s);
		return -ENOMEM;
	}
{{ENTRIES}}