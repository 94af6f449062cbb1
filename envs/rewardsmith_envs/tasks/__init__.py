"""Tasks: robot, scene and goal, each in one small file.

Importing them loads neither torch nor MuJoCo.
"""
