"""The cut for other programs: a clip a shot, with ranges inside the clips, in the formats that editors import."""
